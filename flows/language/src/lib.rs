//! Amazon Connect's flow language: reads and validates flows by the published rules.
