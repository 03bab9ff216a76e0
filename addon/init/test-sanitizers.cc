// Settings of the sanitizers in a sanitized init, which has no environment to take them from. Not part of init itself.
#ifdef __SANITIZE_ADDRESS__

// Leaks are looked for by tracing, which an undumpable process forbids; init frees nothing anyway.
extern "C" [[gnu::used]] const char *__asan_default_options() { return "detect_leaks=0"; }

#endif
