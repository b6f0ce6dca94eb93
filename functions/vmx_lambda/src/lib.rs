//! What every function needs of its surroundings: configuration, AWS clients, structured logs.
