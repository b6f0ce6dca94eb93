//! Removes what the inventory lists. Every step is idempotent, so an interrupted run can be run again.

use super::inventory::is_going;
use super::{Inventory, TeardownError, buckets, logs};
use crate::cloud::{Cloud, CloudError, wrap};
use crate::flow_calls;
use crate::follow::{Bookmark, Followed, attach, follow};
use crate::pace::Pace;
use crate::progress::{Progress, StackOperation, View};
use crate::root_cause;
use crate::root_cause::cause::Cause;
use crate::versions;
use vmx_model::actual::{Settled, StackState};
use vmx_model::change::{Action, Kind, Stays};

/// How often to try deleting the stack: a running function may write one more object to a bucket that was just emptied.
const TRIES: usize = 3;

/// Removes everything that the inventory lists, and returns how many things. With `force`, what CloudFormation cannot
/// delete is kept and reported.
///
/// # Errors
/// [`TeardownError`]. [`TeardownError::Blocked`] comes before anything is removed.
pub async fn remove(
    cloud: &Cloud,
    inventory: &Inventory,
    force: bool,
    pace: Pace,
    view: &dyn View,
) -> Result<usize, TeardownError> {
    if !inventory.blockers.is_empty() {
        return Err(TeardownError::Blocked(inventory.blockers.clone()));
    }
    let mut removal = Removal { cloud, inventory, view, changes: 0, stays: inventory.stays.clone() };
    // Before the stack is deleted: without it, nothing shows their owner.
    if inventory.stack.is_some() {
        for recordings in &inventory.recordings {
            buckets::mark(cloud, &recordings.bucket, &inventory.name).await?;
        }
    }
    removal.instance().await?;
    if let Some(stack) = &inventory.stack {
        removal.stack(stack, force, pace).await?;
    }
    if inventory.delete_recordings {
        for recordings in &inventory.recordings {
            removal.bucket(&recordings.bucket).await?;
        }
    }
    removal.logs().await?;
    if inventory.artifacts.exists {
        removal.bucket(&inventory.artifacts.bucket).await?;
    }
    view.show(&Progress::Stays { things: removal.stays });
    Ok(removal.changes)
}

struct Removal<'a> {
    cloud: &'a Cloud,
    inventory: &'a Inventory,
    view: &'a dyn View,
    changes: usize,
    stays: Vec<Stays>,
}

impl Removal<'_> {
    fn changed(&mut self, action: Action, kind: Kind, name: &str) {
        self.changes += 1;
        self.view.show(&Progress::Changed { action, kind, name: name.to_owned() });
    }

    /// What the Connect API owns.
    async fn instance(&mut self) -> Result<(), CloudError> {
        let instance_id = &self.inventory.target.instance_id;
        let connect = &self.cloud.connect;
        for flow in &self.inventory.flows {
            gone(flow_calls::delete(self.cloud, instance_id, flow.key, &flow.id, &flow.name).await)?;
            self.changed(Action::Deleted, Kind::Flow, &flow.name);
        }
        for storage in &self.inventory.storage {
            let disassociated = connect
                .disassociate_instance_storage_config()
                .instance_id(instance_id)
                .association_id(&storage.association_id)
                .resource_type(storage.what.clone())
                .send()
                .await;
            gone(disassociated.map_err(wrap(format!("disassociate the storage of {}", storage.name))))?;
            self.changed(Action::Disassociated, Kind::StorageConfig, storage.name);
        }
        for arn in &self.inventory.associations {
            let disassociated = connect
                .disassociate_lambda_function()
                .instance_id(instance_id)
                .function_arn(arn)
                .send()
                .await;
            gone(disassociated.map_err(wrap(format!("disassociate {arn}"))))?;
            self.changed(Action::Disassociated, Kind::Lambda, arn);
        }
        Ok(())
    }

    async fn stack(&mut self, stack: &StackState, force: bool, pace: Pace) -> Result<(), TeardownError> {
        let lost = |source| TeardownError::LostSight { stack: stack.name.clone(), source };
        let mut followed = if is_going(stack) {
            attach(self.cloud, &stack.id, pace, self.view).await.map_err(lost)?
        } else {
            None
        };
        let mut leave: Vec<Cause> = Vec::new();
        for tries in 1.. {
            let ended = match followed.take() {
                Some(followed) => followed,
                None => {
                    for bucket in &self.inventory.with_stack {
                        if versions::empty(self.cloud, bucket).await? > 0 {
                            self.changed(Action::Emptied, Kind::Bucket, bucket);
                        }
                    }
                    self.delete_stack(stack, &leave, pace).await?
                }
            };
            if ended.stack.settled() == Settled::Gone {
                break;
            }
            if tries < TRIES {
                continue;
            }
            let causes = root_cause::of_operation(self.cloud, &stack.id, &ended.events, self.view).await;
            self.view.show(&Progress::RootCause { causes: causes.clone() });
            let can_be_left =
                force && leave.is_empty() && causes.iter().all(|cause| !cause.is_of_the_stack());
            if !can_be_left || causes.is_empty() {
                return Err(TeardownError::Stuck {
                    stack: stack.name.clone(),
                    status: ended.stack.status,
                    causes,
                });
            }
            leave = causes;
        }
        self.changed(Action::Deleted, Kind::Stack, &stack.name);
        self.stays.extend(leave.into_iter().map(|cause| Stays {
            kind: Kind::Resource,
            name: format!(
                "{} ({})",
                stack.physical_id(&cause.logical_id).unwrap_or(&cause.logical_id),
                cause.resource_type
            ),
            reason: format!(
                "CloudFormation could not delete it: {}; it may cost money until you delete it",
                cause.reason.as_deref().unwrap_or("no reason given")
            ),
        }));
        Ok(())
    }

    async fn delete_stack(
        &self,
        stack: &StackState,
        leave: &[Cause],
        pace: Pace,
    ) -> Result<Followed, TeardownError> {
        let bookmark = Bookmark::of(self.cloud, &stack.id).await?;
        self.view
            .show(&Progress::StackOperation { stack: stack.name.clone(), operation: StackOperation::Delete });
        self.cloud
            .cloudformation
            .delete_stack()
            .stack_name(&stack.id)
            .set_retain_resources(
                (!leave.is_empty()).then(|| leave.iter().map(|cause| cause.logical_id.clone()).collect()),
            )
            .send()
            .await
            .map_err(wrap(format!("delete the stack {}", stack.name)))?;
        let followed = follow(self.cloud, &stack.id, bookmark, pace, self.view).await;
        followed.map_err(|source| TeardownError::LostSight { stack: stack.name.clone(), source })
    }

    /// Log groups that remain after the stack.
    async fn logs(&mut self) -> Result<(), CloudError> {
        let names = logs::names(&self.inventory.name, self.inventory.stack.as_ref());
        for group in logs::there(self.cloud, &names).await? {
            gone(logs::delete(self.cloud, &group).await)?;
            self.changed(Action::Deleted, Kind::LogGroup, &group);
        }
        Ok(())
    }

    async fn bucket(&mut self, bucket: &str) -> Result<(), CloudError> {
        versions::empty(self.cloud, bucket).await?;
        buckets::delete(self.cloud, bucket).await?;
        self.changed(Action::Deleted, Kind::Bucket, bucket);
        Ok(())
    }
}

/// A resource that is already missing counts as deleted.
fn gone<T>(result: Result<T, CloudError>) -> Result<(), CloudError> {
    match result {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}
