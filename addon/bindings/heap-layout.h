// Where each block of the snapshot's heap goes: those together that the same commands use.
//
// QuickJS counts references in the objects themselves: a command writes a few bytes to each of many objects, and the kernel
// copies a page for every page so written. So the heap is made twice at build time. First every block gets pages of its
// own, and commands are run in children, whose page tables then tell what they wrote to and what they read. The second time
// the blocks that are used are put side by side. A block is known by its number: both times QuickJS asks for the same
// blocks in the same order.
#pragma once

#include <cstddef>
#include <string>

namespace tsrunc::quickjs {

// Every block is preceded by its capacity, and aligned to a grain.
constexpr size_t grain = 16;
constexpr size_t head = sizeof(size_t);

// Called for each block that QuickJS asks for while the heap is made: a block of this capacity, or null when it will not
// stay in the heap, or nothing is known.
void *lay_out(size_t capacity);

// A block is free again. False when it is not one that training placed.
bool forget(void *block);

// From here on every block gets pages of its own, in `size` bytes at `address`. Returns their end; null when they can't be had.
char *begin_training(char *address, size_t size);

// Runs a command in a child and notes what it uses; with `reads_only`, what it writes to as what it reads. False when that can't be told.
bool train(int (*command)(int argc, char **argv), int argc, char **argv, bool reads_only = false);

// What was found out: for each block of the heap a line of its number, its capacity, and the commands that write and read it.
std::string profile();

struct Layout {
  char *end;
  // Up to here are the blocks that nearly all commands write to; up to there also those that many write to which make a process.
  char *written, *written_often;
  // From here on blocks are only read; up to there are those that many commands read which make a process.
  char *read, *read_often;
};

// From here on blocks are laid out by a profile, from `start` on (`head` before a multiple of `grain`).
Layout use_profile(const std::string &text, char *start);

// False when QuickJS did not ask for the same blocks as in training.
bool as_trained();

} // namespace tsrunc::quickjs
