//! What fuzzing has found, tried again. A corpus is data: nothing here knows what is in it.

use std::path::Path;

#[test]
fn every_claim_holds_for_its_corpus() {
    for (name, claim) in fuzz::CLAIMS {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let inputs: Vec<_> = std::fs::read_dir(&corpus)
            .unwrap_or_else(|error| panic!("{}: {error}", corpus.display()))
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .collect();
        assert!(!inputs.is_empty(), "{} is empty", corpus.display());
        for input in inputs {
            claim(&std::fs::read(&input).unwrap_or_else(|error| panic!("{}: {error}", input.display())));
        }
    }
}
