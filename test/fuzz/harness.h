// What the targets have in common. Each is one file here with its try_input, which libFuzzer calls with one input after the other.
#pragma once

#include <cstddef>
#include <cstdint>

// Reads one input as tsrunc would read it from another. A mistake is for the sanitizers to report, or for `require`.
void try_input(const uint8_t *data, size_t size);

// Ends the process, so that the input is kept, unless what must hold for every input does.
void require(bool holds, const char *what);
