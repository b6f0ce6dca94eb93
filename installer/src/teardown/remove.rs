//! Removes what the inventory lists. Every step is repeated without harm, so that a run that was stopped can be run
//! again.

use super::{Inventory, TeardownError, buckets};
use crate::cloud::{Cloud, CloudError, wrap};
use crate::discover::{Settled, StackState};
use crate::event::{Action, Event, Kind, StackOperation, View};
use crate::follow::{Bookmark, follow};
use crate::pace::Pace;
use crate::root_cause;

/// How often the deletion of the stack is tried: a function that was at work may put one more object into a bucket
/// that had just been emptied.
const TRIES: usize = 3;

/// Removes everything that the inventory lists and gives the number of things removed.
///
/// # Errors
/// [`TeardownError`]; [`TeardownError::Blocked`] comes before anything is removed.
pub async fn remove(
    cloud: &Cloud,
    inventory: &Inventory,
    pace: Pace,
    view: &dyn View,
) -> Result<usize, TeardownError> {
    if !inventory.blockers.is_empty() {
        return Err(TeardownError::Blocked(inventory.blockers.clone()));
    }
    let mut removal = Removal { cloud, inventory, view, changes: 0 };
    // Before the stack goes: then nothing else tells whose they are.
    if inventory.stack.is_some() {
        for bucket in &inventory.kept_buckets {
            buckets::mark(cloud, bucket, &inventory.name).await?;
        }
    }
    removal.instance().await?;
    if let Some(stack) = &inventory.stack {
        removal.stack(stack, pace).await?;
    }
    if inventory.delete_recordings {
        for bucket in &inventory.kept_buckets {
            removal.bucket(bucket).await?;
        }
    }
    if inventory.artifacts.exists {
        removal.bucket(&inventory.artifacts.bucket).await?;
    }
    for stays in &inventory.stays {
        view.show(&Event::Kept { kind: stays.kind, name: stays.name.clone(), reason: stays.reason.clone() });
    }
    Ok(removal.changes)
}

struct Removal<'a> {
    cloud: &'a Cloud,
    inventory: &'a Inventory,
    view: &'a dyn View,
    changes: usize,
}

impl Removal<'_> {
    fn changed(&mut self, action: Action, kind: Kind, name: &str) {
        self.changes += 1;
        self.view.show(&Event::Changed { action, kind, name: name.to_owned() });
    }

    /// What the Connect API owns.
    async fn instance(&mut self) -> Result<(), CloudError> {
        let instance_id = &self.inventory.target.instance_id;
        let connect = &self.cloud.connect;
        for flow in &self.inventory.flows {
            let deleted =
                connect.delete_contact_flow().instance_id(instance_id).contact_flow_id(&flow.id).send().await;
            gone(deleted.map_err(wrap(format!("delete the flow {}", flow.name))))?;
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

    async fn stack(&mut self, stack: &StackState, pace: Pace) -> Result<(), TeardownError> {
        let mut tries = 1;
        loop {
            for bucket in &self.inventory.with_stack {
                if buckets::empty(self.cloud, bucket).await? > 0 {
                    self.changed(Action::Emptied, Kind::Bucket, bucket);
                }
            }
            let followed = self.delete_stack(stack, pace).await?;
            if followed.stack.settled() == Settled::Gone {
                self.changed(Action::Deleted, Kind::Stack, &stack.name);
                return Ok(());
            }
            if tries == TRIES {
                let causes =
                    root_cause::of_operation(self.cloud, &stack.id, &followed.events, self.view).await;
                self.view.show(&Event::RootCause { causes: causes.clone() });
                return Err(TeardownError::Stuck {
                    stack: stack.name.clone(),
                    status: followed.stack.status,
                    causes,
                });
            }
            tries += 1;
        }
    }

    async fn delete_stack(
        &self,
        stack: &StackState,
        pace: Pace,
    ) -> Result<crate::follow::Followed, TeardownError> {
        let bookmark = Bookmark::of(self.cloud, &stack.id).await?;
        self.view
            .show(&Event::StackOperation { stack: stack.name.clone(), operation: StackOperation::Delete });
        self.cloud
            .cloudformation
            .delete_stack()
            .stack_name(&stack.id)
            .send()
            .await
            .map_err(wrap(format!("delete the stack {}", stack.name)))?;
        let followed = follow(self.cloud, &stack.id, bookmark, pace, self.view).await;
        followed.map_err(|source| TeardownError::LostSight { stack: stack.name.clone(), source })
    }

    async fn bucket(&mut self, bucket: &str) -> Result<(), CloudError> {
        buckets::empty(self.cloud, bucket).await?;
        buckets::delete(self.cloud, bucket).await?;
        self.changed(Action::Deleted, Kind::Bucket, bucket);
        Ok(())
    }
}

/// What is not there any more is as gone as what was just deleted.
fn gone<T>(result: Result<T, CloudError>) -> Result<(), CloudError> {
    match result {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}
