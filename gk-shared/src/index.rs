//! Finds things in a list by their key, at five bytes each: the list has the keys, the index only places.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Places in a list, by the hash of the key there. Whoever owns the list says, with each call, which key is at a place.
///
/// The usual hash is fast and not proof against chosen keys, which is right for keys that come from the database.
#[derive(Clone, Default)]
pub struct Index<S = RandomState> {
    places: HashTable<u32>,
    hashing: S,
}

impl<S: BuildHasher> Index<S> {
    /// Makes room for so many more, while nothing is in here yet.
    pub fn reserve(&mut self, count: usize) {
        if self.places.is_empty() {
            self.places.reserve(count, |_| 0); // So nothing is hashed anew.
        }
    }

    /// Where this key is.
    pub fn find<K: Hash + Eq>(&self, key: &K, key_at: impl Fn(u32) -> Option<K>) -> Option<u32> {
        self.places.find(self.hashing.hash_one(key), |place| key_at(*place).as_ref() == Some(key)).copied()
    }

    /// Adds a key that is not in here.
    pub fn add<K: Hash>(&mut self, key: &K, place: u32, key_at: impl Fn(u32) -> Option<K>) {
        let hashing = &self.hashing;
        let hash_at = |place: &u32| key_at(*place).map_or(0, |key| hashing.hash_one(key));
        self.places.insert_unique(hashing.hash_one(key), place, hash_at);
    }

    /// Removes the key that is at this place.
    pub fn remove<K: Hash>(&mut self, key: &K, place: u32) {
        if let Ok(found) = self.places.find_entry(self.hashing.hash_one(key), |known| *known == place) {
            found.remove();
        }
    }

    /// Says that the key at a place is at another now.
    pub fn moved<K: Hash>(&mut self, key: &K, from: u32, to: u32) {
        if let Some(known) = self.places.find_mut(self.hashing.hash_one(key), |known| *known == from) {
            *known = to;
        }
    }
}
