//! The pipeline in a simulated AWS: see `tests/simulation`. This library is empty, to keep the simulation out of
//! builds other than tests.
