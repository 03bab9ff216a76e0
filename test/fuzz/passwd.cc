// /etc/passwd: of a container's root file system, which init reads, and of the host.
#include "harness.h"

#include "../../addon/core/process-text.h"
#include "../../addon/init/passwd.h"
#include "input.h"

void try_input(const uint8_t *data, size_t size) {
  constexpr uint32_t ids[] = {0, 1, 1000, 4294967295};
  Input in(data, size);
  const uint32_t id = in.one_of(ids);
  const std::string text = in.rest();
  const Str home = home_directory({text.data(), static_cast<u32>(text.size())}, id);
  require(home.size == 0 || (home.data >= text.data() && home.data + home.size <= text.data() + text.size()),
          "the directory is part of the text");
  require(home.size == 0 || std::string(home.data, home.size).find_first_of(":\n") == std::string::npos,
          "the directory is one field");
  const auto name = tsrunc::name_in_passwd(text, id);
  require(!name || name->find_first_of(":\n") == std::string::npos, "the name is one field");
}
