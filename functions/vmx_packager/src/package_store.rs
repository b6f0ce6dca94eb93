//! The package as it is kept, for the playback page and the agent's guide.

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::primitives::ByteStream;
use vmx_contract::package::Package;
use vmx_lambda::failure::Failure;

/// Keeps a package beside the transcripts, before it is delivered: whoever gets a link finds it there. Kept without the
/// link, which is a secret. To repeat it changes nothing.
pub(crate) async fn keep(s3: &S3, bucket: &str, package: &Package) -> Result<(), Failure> {
    let kept = Package { playback: None, ..package.clone() };
    let json = serde_json::to_vec(&kept).unwrap_or_else(|error| unreachable!("a package is JSON: {error}"));
    let request = s3
        .put_object()
        .bucket(bucket)
        .key(package.contact_id.package_key())
        .content_type("application/json")
        .body(ByteStream::from(json));
    request.send().await.map(drop).map_err(|error| Failure::of("s3:PutObject", &error))
}
