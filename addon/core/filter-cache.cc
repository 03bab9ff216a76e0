#include "filter-cache.h"

#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "owned-descriptor.h"
#include "sha256.h"

namespace tsrunc {

namespace {

constexpr size_t most_files = 64;
// BPF_MAXINSNS instructions of 8 bytes.
constexpr off_t largest = 4096 * 8;
constexpr mode_t others = S_IRWXG | S_IRWXO;

bool ours_alone(const struct stat &status) { return status.st_uid == geteuid() && (status.st_mode & others) == 0; }

// The directory, or none where it isn't ours alone.
OwnedDescriptor open_directory(const std::string &path) {
  OwnedDescriptor directory(open_path(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status;
  if (!directory.valid() || fstat(directory.get(), &status) < 0 || !ours_alone(status)) return OwnedDescriptor();
  return directory;
}

std::string name_of(const Digest &digest) {
  static const char digits[] = "0123456789abcdef";
  std::string name;
  for (uint8_t byte : digest) {
    name += digits[byte >> 4];
    name += digits[byte & 15];
  }
  return name;
}

Digest digest_of(const void *data, size_t size) {
  Sha256 sha;
  sha.add(data, size);
  return sha.digest();
}

// What stands before the filter in its file: of the key and the filter, so that neither another key's file nor a damaged
// one is taken.
Digest seal_of(const Digest &key, const void *program, size_t size) {
  Sha256 sha;
  sha.add(key.data(), key.size());
  sha.add(program, size);
  return sha.digest();
}

// Makes room for one more.
void drop_oldest(int directory) {
  const int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return;
  DIR *list = fdopendir(copy);
  if (!list) {
    close(copy);
    return;
  }
  size_t count = 0;
  std::string oldest;
  timespec oldest_time = {};
  while (const dirent *entry = readdir(list)) {
    struct stat status;
    if (fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode)) continue;
    count++;
    const timespec &time = status.st_mtim;
    const bool older = time.tv_sec != oldest_time.tv_sec ? time.tv_sec < oldest_time.tv_sec : time.tv_nsec < oldest_time.tv_nsec;
    if (oldest.empty() || older) {
      oldest = entry->d_name;
      oldest_time = time;
    }
  }
  closedir(list);
  if (count >= most_files) unlinkat(directory, oldest.c_str(), 0);
}

} // namespace

Result<Bytes> cached_filter(const std::string &directory, const std::string &key) {
  OwnedDescriptor in = open_directory(directory);
  if (!in.valid()) return Bytes();
  const Digest name = digest_of(key.data(), key.size());
  OwnedDescriptor file(openat(in.get(), name_of(name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status;
  Digest seal;
  const off_t head = static_cast<off_t>(seal.size());
  if (!file.valid() || fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode) || !ours_alone(status)) return Bytes();
  if (status.st_size <= head || status.st_size > head + largest || status.st_size % 8 != 0) return Bytes();
  std::vector<uint8_t> content(static_cast<size_t>(status.st_size));
  const ssize_t count = retried([&] { return read(file.get(), content.data(), content.size()); });
  if (count != static_cast<ssize_t>(content.size())) return Bytes();
  seal = seal_of(name, content.data() + head, content.size() - seal.size());
  if (memcmp(seal.data(), content.data(), seal.size()) != 0) return Bytes();
  Bytes program;
  program.data.assign(content.begin() + head, content.end());
  return program;
}

Status cache_filter(const std::string &directory, const std::string &key, const ByteSpan &program) {
  if (static_cast<off_t>(program.size) > largest) return Done{};
  if (mkdir(directory.c_str(), 0700) < 0 && errno != EEXIST) return Done{};
  OwnedDescriptor in = open_directory(directory);
  if (!in.valid()) return Done{};
  drop_oldest(in.get());
  const Digest name = digest_of(key.data(), key.size());
  const Digest seal = seal_of(name, program.data, program.size);
  std::string content(seal.begin(), seal.end());
  content.append(reinterpret_cast<const char *>(program.data), program.size);
  const std::string temporary = ".new." + std::to_string(getpid());
  unlinkat(in.get(), temporary.c_str(), 0);
  OwnedDescriptor file(openat(in.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return Done{};
  const ssize_t count = retried([&] { return write(file.get(), content.data(), content.size()); });
  const bool whole = count == static_cast<ssize_t>(content.size());
  if (!whole || renameat(in.get(), temporary.c_str(), in.get(), name_of(name).c_str()) < 0)
    unlinkat(in.get(), temporary.c_str(), 0);
  return Done{};
}

} // namespace tsrunc
