/**
 * The program of the containers that two runtimes make of one configuration: it prints all that it can see from within, as one line
 * of JSON, and waits until its standard input is closed, so that it can be looked at from outside as well.
 *
 * As a hook, `probe --hook FILE WORD`, it adds a line of what it was given to FILE; `probe --wait` does nothing,
 * until it is killed.
 */
#include "probe.h"

#include <cstring>
#include <unistd.h>

namespace {

void write_whole(const std::string &line) {
  size_t done = 0;
  while (done < line.size()) {
    ssize_t count = write(1, line.data() + done, line.size() - done);
    if (count <= 0) _exit(99);
    done += static_cast<size_t>(count);
  }
}

}  // namespace

int main(int argc, char **argv, char **environment) {
  if (argc > 3 && strcmp(argv[1], "--hook") == 0) return tell_as_hook(argc, argv, environment);
  while (argc == 2 && strcmp(argv[1], "--wait") == 0) pause();
  Json json;
  json.open('{');
  tell_program(json, argc, argv, environment);
  tell_process(json);
  tell_machine(json);
  tell_files(json);
  tell_calls(json);
  json.close('}');
  write_whole(json.written() + "\n");
  char byte;
  while (read(0, &byte, 1) > 0) {
  }
  _exit(0);
}
