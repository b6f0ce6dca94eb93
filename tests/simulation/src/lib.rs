//! The pipeline in a simulated AWS: see `tests/simulation`. This library is empty, so that nothing of the simulation
//! reaches a build that is no test.
