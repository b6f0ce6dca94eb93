//! Steps 3 and 4: gathers a voicemail into one package and delivers it.
