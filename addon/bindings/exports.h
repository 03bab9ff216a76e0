// The one table of what the core exports: X(name in JavaScript, function of the core). The signature of the function
// is all a binding needs to convert arguments and results; src/native/native.ts describes each function.
#pragma once

#include "../core/attributes.h"
#include "../core/caught-signals.h"
#include "../core/command.h"
#include "../core/descriptors.h"
#include "../core/device-filter.h"
#include "../core/encode-plan.h"
#include "../core/files.h"
#include "../core/filter-cache.h"
#include "../core/foreground.h"
#include "../core/inherited.h"
#include "../core/kernel-calls.h"
#include "../core/namespaces.h"
#include "../core/net-device.h"
#include "../core/process.h"
#include "../core/read-ahead.h"
#include "../core/receive.h"
#include "../core/regex.h"
#include "../core/seccomp.h"
#include "../core/service.h"
#include "../core/sockets.h"
#include "../core/spawn-init.h"
#include "../core/terminal.h"
#include "../core/trace.h"
#include "../core/tree.h"

#define TSRUNC_EXPORTS(X)                                                                                              \
  X(readFile, read_file)                                                                                               \
  X(readFileIfExists, read_file_if_exists)                                                                             \
  X(readAhead, read_ahead)                                                                                             \
  X(endReadAhead, end_read_ahead)                                                                                      \
  X(writeExisting, write_existing)                                                                                     \
  X(writeEach, write_each)                                                                                             \
  X(writeNew, write_new)                                                                                               \
  X(writeAtomic, write_atomic)                                                                                         \
  X(appendFile, append_file)                                                                                           \
  X(write, write_descriptor)                                                                                           \
  X(readBytes, read_bytes)                                                                                             \
  X(read, read_descriptor)                                                                                             \
  X(mkdir, make_directory)                                                                                             \
  X(rmdir, remove_directory)                                                                                           \
  X(unlink, remove_file)                                                                                               \
  X(rename, rename_file)                                                                                               \
  X(mkfifo, make_fifo)                                                                                                 \
  X(hasReader, has_reader)                                                                                             \
  X(symlink, make_symlink)                                                                                             \
  X(readLink, read_link)                                                                                               \
  X(realPath, real_path)                                                                                               \
  X(matching, matching_words)                                                                                          \
  X(readDir, read_directory)                                                                                           \
  X(stat, stat_path)                                                                                                   \
  X(fstat, stat_descriptor)                                                                                            \
  X(chmod, change_mode)                                                                                                \
  X(chown, change_owner)                                                                                               \
  X(removeTree, remove_tree)                                                                                           \
  X(getXattr, get_attribute)                                                                                           \
  X(getXattrs, get_attributes)                                                                                         \
  X(setXattr, set_attribute)                                                                                           \
  X(removeXattr, remove_attribute)                                                                                     \
  X(open, open_file)                                                                                                   \
  X(close, close_descriptor)                                                                                           \
  X(flock, lock_file)                                                                                                  \
  X(fsType, file_system_type)                                                                                          \
  X(eventFd, event_descriptor)                                                                                         \
  X(poll, poll_descriptors)                                                                                            \
  X(identity, identity)                                                                                                \
  X(uname, system_name)                                                                                                \
  X(clock, read_clock)                                                                                                 \
  X(userName, user_name)                                                                                               \
  X(terminalColumns, terminal_columns)                                                                                 \
  X(isatty, is_terminal)                                                                                               \
  X(umask, set_umask)                                                                                                  \
  X(setSubreaper, set_subreaper)                                                                                       \
  X(processStat, process_stat)                                                                                         \
  X(pidfdOpen, pidfd_open)                                                                                             \
  X(pidfdSignal, pidfd_signal)                                                                                         \
  X(kill, send_signal)                                                                                                 \
  X(wait, wait_process)                                                                                                \
  X(pidfdGetFd, pidfd_get_fd)                                                                                          \
  X(inherited, inherited)                                                                                              \
  X(prepareSpawn, prepare_spawn)                                                                                       \
  X(beginSpawn, begin_spawn)                                                                                           \
  X(endSpawn, end_spawn)                                                                                               \
  X(sendPlan, send_plan)                                                                                               \
  X(send, send_bytes)                                                                                                  \
  X(sendReply, send_reply)                                                                                             \
  X(encodePlan, encode_plan)                                                                                           \
  X(receive, receive_message)                                                                                          \
  X(command, run_command)                                                                                              \
  X(commandTo, run_command_to)                                                                                         \
  X(spawnService, spawn_service)                                                                                       \
  X(receivePacket, receive_packet)                                                                                     \
  X(catchSignals, catch_signals)                                                                                       \
  X(prepareTerminal, prepare_terminal)                                                                                 \
  X(foreground, stand_in_foreground)                                                                                   \
  X(namespaceType, namespace_type)                                                                                     \
  X(userNamespace, user_namespace)                                                                                     \
  X(moveNetDevice, move_net_device)                                                                                    \
  X(attachDeviceFilter, attach_device_filter)                                                                          \
  X(sendDescriptors, send_descriptors)                                                                                 \
  X(connectStream, connect_stream)                                                                                     \
  X(bindDatagram, bind_datagram)                                                                                       \
  X(sendDatagram, send_datagram)                                                                                       \
  X(seccompVersion, library_version)                                                                                   \
  X(seccompCompile, compile_filter)                                                                                    \
  X(cachedFilter, cached_filter)                                                                                       \
  X(cacheFilter, cache_filter)                                                                                         \
  X(kernelCalls, kernel_calls)                                                                                         \
  X(seccompKernel, kernel_seccomp)                                                                                     \
  X(syscallName, syscall_name)                                                                                         \
  X(beginTrace, begin_trace)                                                                                           \
  X(tracePhase, trace_phase)                                                                                           \
  X(traceField, trace_field)                                                                                           \
  X(traceProcess, trace_process)                                                                                       \
  X(stepTimes, step_times)                                                                                             \
  X(endTrace, end_trace)                                                                                               \
  X(writeTrace, write_trace)

namespace tsrunc {

// The name of a function in JavaScript.
template <auto function> inline constexpr const char *export_name = "";
#define TSRUNC_NAME(name, function) template <> inline constexpr const char *export_name<&function> = #name;
TSRUNC_EXPORTS(TSRUNC_NAME)
#undef TSRUNC_NAME

} // namespace tsrunc
