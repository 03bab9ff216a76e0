#include "terminal-relay.h"

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "owned-descriptor.h"
#include "sockets.h"

namespace tsrunc {

namespace {

constexpr size_t stack_size = 256 << 10;

// How long after its end a process may stay unreaped before we give up asking how it ended.
constexpr int reaper_patience_ms = 2000;

// struct pidfd_info of linux/pidfd.h, as of Linux 6.15, whose headers are newer than most.
struct PidfdInfo {
  uint64_t mask;
  uint64_t cgroup;
  uint32_t pid, tgid, ppid, ids[8];
  int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr uint64_t info_exit = 1 << 3;
constexpr unsigned long get_info = _IOWR(0xFF, 11, PidfdInfo);

// Bytes on their way from one side to the other; nothing is read before the last were written.
class Way {
public:
  bool empty() const { return start_ == end_; }

  // False at the end of what can be read.
  bool fill(int fd) {
    const ssize_t count = retried([&] { return read(fd, bytes_, sizeof bytes_); });
    if (count < 0) return errno == EAGAIN;
    start_ = 0;
    end_ = static_cast<size_t>(count);
    return count > 0;
  }

  // False when nobody takes any more.
  bool drain(int fd) {
    const ssize_t count = retried([&] { return write(fd, bytes_ + start_, end_ - start_); });
    if (count < 0) return errno == EAGAIN;
    start_ += static_cast<size_t>(count);
    return true;
  }

  void drop() { start_ = end_ = 0; }

private:
  char bytes_[16384];
  size_t start_ = 0;
  size_t end_ = 0;
};

void set_size(int master, int columns, int rows) {
  winsize size = {};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = static_cast<unsigned short>(rows);
  ioctl(master, TIOCSWINSZ, &size);
}

bool do_not_block(int fd) { return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0; }

class Relay;

// The relays that are at work, for resize_terminal. No object of the library: this file is in programs that don't use it, where it
// must not have anything to do at their start.
pthread_mutex_t relays_lock = PTHREAD_MUTEX_INITIALIZER;
Relay *relays = nullptr;
int last_number = 0;

class Relay {
public:
  // listener: where the master comes from, or master itself; socket: our end of the pair.
  Relay(OwnedDescriptor listener, OwnedDescriptor master, OwnedDescriptor socket)
      : listener_(std::move(listener)), master_(std::move(master)), socket_(std::move(socket)) {
    pthread_mutex_lock(&relays_lock);
    number_ = ++last_number;
    next_ = relays;
    relays = this;
    pthread_mutex_unlock(&relays_lock);
  }

  ~Relay() {
    pthread_mutex_lock(&relays_lock);
    Relay **place = &relays;
    while (*place != this) place = &(*place)->next_;
    *place = next_;
    pthread_mutex_unlock(&relays_lock);
  }

  int number() const { return number_; }

  static void resize(int number, int columns, int rows) {
    pthread_mutex_lock(&relays_lock);
    for (Relay *relay = relays; relay; relay = relay->next_) {
      if (relay->number_ != number) continue;
      relay->columns_ = columns;
      relay->rows_ = rows;
      if (relay->master_.valid()) set_size(relay->master_.get(), columns, rows);
    }
    pthread_mutex_unlock(&relays_lock);
  }

  void run() {
    if (!master_.valid() && !receive()) return;
    copy();
    // Under the lock: resize must not use a number that is another file's by then.
    pthread_mutex_lock(&relays_lock);
    master_.reset();
    pthread_mutex_unlock(&relays_lock);
  }

private:
  // Waits for the terminal; false when the program has closed its end first.
  bool receive() {
    OwnedDescriptor connection;
    for (;;) {
      pollfd waiting[] = {{socket_.get(), 0, 0}, {connection.valid() ? connection.get() : listener_.get(), POLLIN, 0}};
      if (retried([&] { return poll(waiting, 2, -1); }) < 0 || waiting[0].revents) return false;
      if (!connection.valid()) {
        connection.reset(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!connection.valid()) return false;
        continue;
      }
      char name[4096];
      std::vector<int> fds;
      int flags = 0;
      const ssize_t count = receive_with_descriptors(connection.get(), name, sizeof name, fds, flags);
      if (count > 0 && fds.size() == 1 && isatty(fds[0]) && do_not_block(fds[0])) {
        take(fds[0]);
        listener_.reset();
        return true;
      }
      // Not what a runtime sends: another may come.
      close_all(fds);
      connection.reset();
    }
  }

  void take(int master) {
    pthread_mutex_lock(&relays_lock);
    master_.reset(master);
    if (columns_ > 0) set_size(master, columns_, rows_);
    pthread_mutex_unlock(&relays_lock);
  }

  void copy() {
    bool input_open = true, output_open = true;
    while (output_open || !out_.empty()) {
      const short from_program = input_open && in_.empty() ? POLLIN : 0;
      const short to_program = out_.empty() ? 0 : POLLOUT;
      const short terminal = static_cast<short>((output_open && out_.empty() ? POLLIN : 0) | (in_.empty() ? 0 : POLLOUT));
      // A hang-up is told whether asked for or not: without anything to do there it would be told for ever.
      pollfd waiting[] = {{socket_.get(), static_cast<short>(from_program | to_program), 0},
                          {terminal ? master_.get() : -1, terminal, 0}};
      if (retried([&] { return poll(waiting, 2, -1); }) < 0) return;
      const short socket_ready = waiting[0].revents, master_ready = waiting[1].revents;
      if (socket_ready & POLLOUT && !out_.empty() && !out_.drain(socket_.get())) return;
      if (socket_ready & POLLIN && in_.empty() && input_open && !in_.fill(socket_.get())) input_open = false;
      if (socket_ready & (POLLHUP | POLLERR)) return type_rest();
      if (master_ready & POLLOUT && !in_.empty() && !in_.drain(master_.get())) return;
      // Nobody has it open any more.
      if (master_ready & POLLHUP && !(master_ready & POLLOUT)) in_.drop();
      if (master_ready & (POLLIN | POLLHUP | POLLERR) && out_.empty() && output_open) output_open = out_.fill(master_.get());
    }
  }

  // The program has closed its end: what it wrote before is typed, as far as the terminal takes it.
  void type_rest() {
    do {
      if (!in_.empty() && (!in_.drain(master_.get()) || !in_.empty())) return;
    } while (in_.fill(socket_.get()) && !in_.empty());
  }

  OwnedDescriptor listener_;
  OwnedDescriptor master_;
  OwnedDescriptor socket_;
  Way in_;
  Way out_;
  int number_ = 0;
  int columns_ = 0;
  int rows_ = 0;
  Relay *next_ = nullptr;
};

class Watch {
public:
  Watch(int pid, OwnedDescriptor process, OwnedDescriptor socket)
      : pid_(pid), process_(std::move(process)), socket_(std::move(socket)) {}

  void run() {
    pollfd waiting[] = {{process_.get(), POLLIN, 0}, {socket_.get(), 0, 0}};
    if (retried([&] { return poll(waiting, 2, -1); }) < 0 || waiting[1].revents) return;
    int status;
    if (!status_unreaped(status) && !status_reaped(status)) return;
    const unsigned char told[] = {static_cast<unsigned char>(status), static_cast<unsigned char>(status >> 8)};
    send(socket_.get(), told, sizeof told, MSG_NOSIGNAL);
  }

private:
  // While its parent hasn't waited for it, /proc/PID/stat tells how it ended (proc_pid_stat(5), field 52).
  bool status_unreaped(int &status) const {
    const std::string path = "/proc/" + std::to_string(pid_) + "/stat";
    OwnedDescriptor file(open_path(path.c_str(), O_RDONLY | O_CLOEXEC));
    char text[4096];
    const ssize_t size = file.valid() ? read(file.get(), text, sizeof text - 1) : -1;
    // If it is still there now, it was its pid that was read.
    if (size <= 0 || syscall(SYS_pidfd_send_signal, process_.get(), 0, nullptr, 0) < 0) return false;
    text[size] = 0;
    const char *name_end = strrchr(text, ')'), *last = strrchr(text, ' ');
    if (!name_end || strncmp(name_end, ") Z", 3) != 0 || !last) return false;
    status = atoi(last + 1);
    // Whoever may not look gets 0; what looks like it is asked for again.
    return status != 0;
  }

  // Afterwards the kernel tells it by the pidfd, from Linux 6.15 on.
  bool status_reaped(int &status) const {
    pollfd waiting[] = {{process_.get(), 0, 0}, {socket_.get(), 0, 0}};
    if (retried([&] { return poll(waiting, 2, reaper_patience_ms); }) < 0) return false;
    PidfdInfo info = {};
    info.mask = info_exit;
    if (ioctl(process_.get(), get_info, &info) < 0 || !(info.mask & info_exit)) return false;
    status = info.exit_code;
    return true;
  }

  int pid_;
  OwnedDescriptor process_;
  OwnedDescriptor socket_;
};

template <typename Work> void *work_on(void *given) {
  auto *work = static_cast<Work *>(given);
  work->run();
  delete work;
  return nullptr;
}

// Has a thread of its own do the work, and then delete it. The thread gets none of the program's signals.
template <typename Work> Status begin(Work *work) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_size);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int failed = pthread_create(&thread, &attributes, work_on<Work>, work);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (failed == 0) return Done{};
  delete work;
  return Error{"pthread_create", failed, {}};
}

Status make_pair(OwnedDescriptor &ours, OwnedDescriptor &theirs) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return failure("socketpair");
  ours.reset(pair[0]);
  theirs.reset(pair[1]);
  return Done{};
}

Result<std::vector<int>> serve(OwnedDescriptor listener, OwnedDescriptor master) {
  OwnedDescriptor ours, theirs;
  if (Status made = make_pair(ours, theirs); made.failed()) return made.error();
  if (!do_not_block(ours.get())) return failure("fcntl");
  auto *relay = new (std::nothrow) Relay(std::move(listener), std::move(master), std::move(ours));
  if (!relay) return Error{"new", ENOMEM, {}};
  const int number = relay->number();
  if (Status begun = begin(relay); begun.failed()) return begun.error();
  return std::vector<int>{number, theirs.release()};
}

} // namespace

Result<std::vector<int>> open_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return failure("pipe2");
  return std::vector<int>{ends[0], ends[1]};
}

Result<std::vector<int>> serve_console(const std::string &path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Error{"bind", ENAMETOOLONG, path};
  path.copy(address.sun_path, path.size());
  OwnedDescriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener.valid()) return failure("socket", path);
  if (bind(listener.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) < 0) return failure("bind", path);
  if (listen(listener.get(), 1) < 0) return failure("listen", path);
  return serve(std::move(listener), OwnedDescriptor());
}

Result<std::vector<int>> serve_terminal(int columns, int rows) {
  OwnedDescriptor master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master.valid()) return failure("posix_openpt");
  if (unlockpt(master.get()) < 0) return failure("unlockpt");
  OwnedDescriptor slave(ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave.valid()) return failure("ioctl");
  if (columns > 0) set_size(master.get(), columns, rows);
  if (!do_not_block(master.get())) return failure("fcntl");
  Result<std::vector<int>> served = serve(OwnedDescriptor(), std::move(master));
  if (served.failed()) return served;
  served.value().push_back(slave.release());
  return served;
}

Status resize_terminal(int number, int columns, int rows) {
  Relay::resize(number, columns, rows);
  return Done{};
}

Result<int> watch_process(int pid) {
  OwnedDescriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process.valid()) return failure("pidfd_open");
  OwnedDescriptor ours, theirs;
  if (Status made = make_pair(ours, theirs); made.failed()) return made.error();
  auto *watch = new (std::nothrow) Watch(pid, std::move(process), std::move(ours));
  if (!watch) return Error{"new", ENOMEM, {}};
  if (Status begun = begin(watch); begun.failed()) return begun.error();
  return theirs.release();
}

} // namespace tsrunc
