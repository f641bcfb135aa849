//! When keys of programs were last used: remembered here, and written by the keeper now and then, not at every call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gk_shared::model::ApiKeyId;
use gk_shared::time::Timestamp;

/// As many entries as there are keys; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct KeysUsed(Arc<Mutex<HashMap<ApiKeyId, Timestamp>>>);

impl KeysUsed {
    /// Notes a use.
    pub(crate) fn note(&self, key: ApiKeyId, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, now);
    }

    /// Takes what was noted since the last time.
    pub(crate) fn take(&self) -> Vec<(ApiKeyId, Timestamp)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain().collect()
    }
}
