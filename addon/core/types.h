// What goes over the border to JavaScript besides numbers, strings and lists of them: the structs of src/native/native.ts.
// Each names its fields once, for whatever engine converts them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace tsrunc {

// Bytes that JavaScript owns; valid during the call.
struct ByteSpan {
  const uint8_t *data = nullptr;
  size_t size = 0;
};

// Bytes that become a new Uint8Array.
struct Bytes {
  std::vector<uint8_t> data;
};

// A field of a step of a plan: a number, a bigint, a string, a list of strings or a Uint8Array, told apart by what they are.
struct PlanValue {
  std::variant<uint32_t, uint64_t, std::string, std::vector<std::string>, ByteSpan> value;
};

template <typename Struct, typename Member> struct Field {
  const char *name;
  Member Struct::*member;
};
template <typename Struct, typename Member> constexpr Field<Struct, Member> field(const char *name, Member Struct::*member) {
  return {name, member};
}

struct FileStat {
  double dev = 0;
  double ino = 0;
  uint32_t mode = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint32_t rdev_major = 0;
  uint32_t rdev_minor = 0;
  double size = 0;
  double links = 0;
  static constexpr auto fields() {
    return std::make_tuple(field("dev", &FileStat::dev), field("ino", &FileStat::ino), field("mode", &FileStat::mode),
                           field("uid", &FileStat::uid), field("gid", &FileStat::gid),
                           field("rdevMajor", &FileStat::rdev_major), field("rdevMinor", &FileStat::rdev_minor),
                           field("size", &FileStat::size), field("links", &FileStat::links));
  }
};

struct ProcessStat {
  std::string name;
  std::string state;
  int ppid = 0;
  int threads = 0;
  bool exiting = false;
  double start_time = 0;
  static constexpr auto fields() {
    return std::make_tuple(field("name", &ProcessStat::name), field("state", &ProcessStat::state),
                           field("ppid", &ProcessStat::ppid), field("threads", &ProcessStat::threads),
                           field("exiting", &ProcessStat::exiting), field("startTime", &ProcessStat::start_time));
  }
};

struct Inherited {
  double nofile_soft = 0;
  double nofile_hard = 0;
  std::vector<int> fds;
  static constexpr auto fields() {
    return std::make_tuple(field("nofileSoft", &Inherited::nofile_soft), field("nofileHard", &Inherited::nofile_hard),
                           field("fds", &Inherited::fds));
  }
};

struct CommandResult {
  int status = 0;
  int signal = 0;
  bool timed_out = false;
  std::string out;
  std::string err;
  static constexpr auto fields() {
    return std::make_tuple(field("status", &CommandResult::status), field("signal", &CommandResult::signal),
                           field("timedOut", &CommandResult::timed_out), field("stdout", &CommandResult::out),
                           field("stderr", &CommandResult::err));
  }
};

struct SpawnedInit {
  int pid = 0;
  int pidfd = -1;
  int socket = -1;
  static constexpr auto fields() {
    return std::make_tuple(field("pid", &SpawnedInit::pid), field("pidfd", &SpawnedInit::pidfd),
                           field("socket", &SpawnedInit::socket));
  }
};

struct InitMessage {
  uint32_t kind = 0;
  uint32_t step = 0;
  int value = 0;
  std::string text;
  std::vector<int> fds;
  static constexpr auto fields() {
    return std::make_tuple(field("kind", &InitMessage::kind), field("step", &InitMessage::step),
                           field("value", &InitMessage::value), field("text", &InitMessage::text),
                           field("fds", &InitMessage::fds));
  }
};

struct ServiceStart {
  std::string path;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::vector<int> fds;
  int cgroup = -1;
  std::string bind_source;
  std::string bind_target;
  static constexpr auto fields() {
    return std::make_tuple(field("path", &ServiceStart::path), field("args", &ServiceStart::args),
                           field("env", &ServiceStart::env), field("fds", &ServiceStart::fds),
                           field("cgroup", &ServiceStart::cgroup), field("bindSource", &ServiceStart::bind_source),
                           field("bindTarget", &ServiceStart::bind_target));
  }
};

// One message of a packet socket.
struct Packet {
  Bytes data;
  std::vector<int> fds;
  static constexpr auto fields() {
    return std::make_tuple(field("data", &Packet::data), field("fds", &Packet::fds));
  }
};

struct SeccompArgument {
  uint32_t index = 0;
  uint32_t op = 0;
  std::string value;
  std::string value_two;
  static constexpr auto fields() {
    return std::make_tuple(field("index", &SeccompArgument::index), field("op", &SeccompArgument::op),
                           field("value", &SeccompArgument::value), field("valueTwo", &SeccompArgument::value_two));
  }
};

struct SeccompRule {
  uint32_t action = 0;
  std::vector<std::string> syscalls;
  std::vector<SeccompArgument> args;
  static constexpr auto fields() {
    return std::make_tuple(field("action", &SeccompRule::action), field("syscalls", &SeccompRule::syscalls),
                           field("args", &SeccompRule::args));
  }
};

struct SeccompFilter {
  Bytes program;
  std::vector<std::string> unknown;
  static constexpr auto fields() {
    return std::make_tuple(field("program", &SeccompFilter::program), field("unknown", &SeccompFilter::unknown));
  }
};

struct ForegroundOptions {
  int pidfd = -1;
  int pid = 0;
  int master = -1;
  bool reap = false;
  int event = -1;
  static constexpr auto fields() {
    return std::make_tuple(field("pidfd", &ForegroundOptions::pidfd), field("pid", &ForegroundOptions::pid),
                           field("master", &ForegroundOptions::master), field("reap", &ForegroundOptions::reap),
                           field("event", &ForegroundOptions::event));
  }
};

struct ForegroundResult {
  std::string kind;
  int status = 0;
  static constexpr auto fields() {
    return std::make_tuple(field("kind", &ForegroundResult::kind), field("status", &ForegroundResult::status));
  }
};

} // namespace tsrunc
