//! The audit in all its parts: what is found in it, what becomes of one that was tampered with, and how it is shortened.

mod filled;
mod retention;
mod search;
mod size;
mod tampering;
