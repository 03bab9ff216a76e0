#include "sha256.h"

#include <algorithm>
#include <cstring>

namespace tsrunc {

namespace {

constexpr uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

uint32_t turn(uint32_t word, int by) { return word >> by | word << (32 - by); }

uint32_t big_endian(const uint8_t *at) {
  return static_cast<uint32_t>(at[0]) << 24 | static_cast<uint32_t>(at[1]) << 16 | static_cast<uint32_t>(at[2]) << 8 | at[3];
}

} // namespace

void Sha256::block(const uint8_t *data) {
  uint32_t words[64];
  for (int i = 0; i < 16; i++) words[i] = big_endian(data + i * 4);
  for (int i = 16; i < 64; i++) {
    const uint32_t before = words[i - 15], last = words[i - 2];
    words[i] = words[i - 16] + words[i - 7] + (turn(before, 7) ^ turn(before, 18) ^ before >> 3) +
               (turn(last, 17) ^ turn(last, 19) ^ last >> 10);
  }
  uint32_t v[8];
  memcpy(v, state_, sizeof v);
  for (int i = 0; i < 64; i++) {
    const uint32_t one = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) +
                         constants[i] + words[i];
    const uint32_t two = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += one;
    v[0] = one + two;
  }
  for (int i = 0; i < 8; i++) state_[i] += v[i];
}

void Sha256::add(const void *data, size_t size) {
  const uint8_t *at = static_cast<const uint8_t *>(data);
  total_ += size;
  while (size > 0) {
    if (used_ == 0 && size >= sizeof rest_) {
      block(at);
      at += sizeof rest_;
      size -= sizeof rest_;
      continue;
    }
    const size_t count = std::min(size, sizeof rest_ - used_);
    memcpy(rest_ + used_, at, count);
    used_ += count;
    at += count;
    size -= count;
    if (used_ == sizeof rest_) {
      block(rest_);
      used_ = 0;
    }
  }
}

Digest Sha256::digest() {
  const uint64_t bits = total_ * 8;
  const uint8_t one = 0x80, zero = 0;
  add(&one, 1);
  while (used_ != 56) add(&zero, 1);
  uint8_t length[8];
  for (int i = 0; i < 8; i++) length[i] = static_cast<uint8_t>(bits >> (56 - 8 * i));
  add(length, sizeof length);
  Digest digest;
  for (size_t i = 0; i < digest.size(); i++) digest[i] = static_cast<uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

} // namespace tsrunc
