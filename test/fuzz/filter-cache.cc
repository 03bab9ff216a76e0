// Filters that were kept on disk. What is there may be damaged, or another's.
#include "harness.h"

#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "../../addon/core/filter-cache.h"
#include "../../addon/core/owned-descriptor.h"
#include "../../addon/core/tree.h"
#include "input.h"

namespace {

struct Cache {
  std::string directory;
  std::string file;
  std::string sealed;

  Cache() {
    const char *temporary = getenv("TMPDIR");
    directory = std::string(temporary ? temporary : "/tmp") + "/tsrunc-fuzz-XXXXXX";
    require(mkdtemp(directory.data()) != nullptr, "there is a temporary directory");
    keep("a filter of 16");
    DIR *list = opendir(directory.c_str());
    while (const dirent *entry = readdir(list))
      if (entry->d_name[0] != '.') file = directory + "/" + entry->d_name;
    closedir(list);
    sealed = content();
  }
  ~Cache() { (void)tsrunc::remove_tree(directory).failed(); }

  void keep(const std::string &program) {
    const auto *bytes = reinterpret_cast<const uint8_t *>(program.data());
    (void)tsrunc::cache_filter(directory, "key", {bytes, program.size()}).failed();
  }

  std::string content() const {
    tsrunc::OwnedDescriptor in(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(64 << 10, 0);
    text.resize(static_cast<size_t>(std::max<ssize_t>(read(in.get(), text.data(), text.size()), 0)));
    return text;
  }

  void write(const std::string &text) const {
    tsrunc::OwnedDescriptor out(open(file.c_str(), O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600));
    require(::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()), "the file is written");
  }

  std::string read_back() const {
    auto kept = tsrunc::cached_filter(directory, "key");
    require(!kept.failed(), "a cache never fails");
    const auto &bytes = kept.value().data;
    return {bytes.begin(), bytes.end()};
  }

  // Puts this into the file. What is taken for a filter then is no other file than the one that keeping that filter would have
  // written: an input may have found the seal of its bytes, as the fuzzer sees what they are compared with.
  void try_file(const std::string &text) {
    write(text);
    const std::string kept = read_back();
    if (kept.empty()) return;
    keep(kept);
    require(content() == text, "a damaged file is no filter");
  }
};

} // namespace

void try_input(const uint8_t *data, size_t size) {
  static Cache cache;
  Input in(data, size);
  switch (in.below(3)) {
    case 0: {
      const std::string program = in.rest();
      cache.keep(program);
      const std::string kept = cache.read_back();
      require(kept == (program.size() % 8 == 0 ? program : ""), "a filter is whole, or there is none");
      break;
    }
    case 1: {
      // Some bytes of a sound file changed, and its end.
      std::string damaged = cache.sealed;
      while (in.left() > 1) damaged[in.below(damaged.size())] = static_cast<char>(in.number<uint8_t>());
      damaged.resize(damaged.size() - in.below(damaged.size()));
      cache.try_file(damaged);
      break;
    }
    default: cache.try_file(in.rest());
  }
}
