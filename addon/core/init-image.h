// Init's executable, which the addon carries as data.
#pragma once

namespace tsrunc {

// A descriptor of it that nobody can change any more: a container that reaches it over /proc finds a sealed memfd and
// no file of the host (CVE-2019-5736). Closed on exec, which execveat(AT_EMPTY_PATH) doesn't mind.
// Raw system calls only: a thread without a library runs it. A negative errno for a failure, `failed` is the call then.
int open_init_image_raw(const char *&failed);

} // namespace tsrunc
