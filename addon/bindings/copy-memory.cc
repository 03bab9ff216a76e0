// memcpy and memmove of bin/tsrunc on x86-64. Those of musl begin with `rep movsq`, which takes 7 to 18 ns for pieces of some 60 bytes; these take
// 4. QuickJS copies such pieces all the time: `list` 200 for each container.
#if defined(__x86_64__)

#include <cstddef>
#include <cstdint>

namespace {

template <typename T>
struct Anywhere {
  T value;
} __attribute__((packed, may_alias));

using Vector = long long __attribute__((vector_size(16)));

template <typename T>
T load(const char *from) {
  return reinterpret_cast<const Anywhere<T> *>(from)->value;
}

template <typename T>
void store(char *to, T value) {
  reinterpret_cast<Anywhere<T> *>(to)->value = value;
}

// Copies from sizeof(T) to twice as many bytes: all are read before one is written, so that the places may overlap.
template <typename T>
void copy_ends(char *to, const char *from, size_t size) {
  const T first = load<T>(from), last = load<T>(from + size - sizeof(T));
  store(to, first);
  store(to + size - sizeof(T), last);
}

// From 33 to 64 bytes; the places may overlap.
void copy_four(char *to, const char *from, size_t size) {
  const auto first = load<Vector>(from), second = load<Vector>(from + 16);
  const auto third = load<Vector>(from + size - 32), fourth = load<Vector>(from + size - 16);
  store(to, first);
  store(to + 16, second);
  store(to + size - 32, third);
  store(to + size - 16, fourth);
}

// Up to 64 bytes; the places may overlap.
void copy_few(char *to, const char *from, size_t size) {
  if (size > 32) return copy_four(to, from, size);
  if (size >= 16) return copy_ends<Vector>(to, from, size);
  if (size >= 8) return copy_ends<uint64_t>(to, from, size);
  if (size >= 4) return copy_ends<uint32_t>(to, from, size);
  if (size >= 2) return copy_ends<uint16_t>(to, from, size);
  if (size == 1) *to = *from;
}

// From here on `rep movsb` is quicker than a loop.
constexpr size_t many = 1024;

// More than 64 bytes, from the first on. `to` may lie before `from` and overlap it.
void copy_forward(char *to, const char *from, size_t size) {
  if (size >= many) {
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return;
  }
  // Loaded first, since the loop may write over them.
  const char *const end = from + size;
  char *const to_end = to + size;
  const auto first = load<Vector>(end - 64), second = load<Vector>(end - 48);
  const auto third = load<Vector>(end - 32), fourth = load<Vector>(end - 16);
  for (; from < end - 64; from += 64, to += 64) copy_four(to, from, 64);
  store(to_end - 64, first);
  store(to_end - 48, second);
  store(to_end - 32, third);
  store(to_end - 16, fourth);
}

// More than 64 bytes, from the last on.
void copy_backward(char *to, const char *from, size_t size) {
  for (; size > 64; size -= 64) copy_four(to + size - 64, from + size - 64, 64);
  copy_few(to, from, size);
}

} // namespace

extern "C" {

void *memcpy(void *to, const void *from, size_t size) {
  if (size <= 64)
    copy_few(static_cast<char *>(to), static_cast<const char *>(from), size);
  else
    copy_forward(static_cast<char *>(to), static_cast<const char *>(from), size);
  return to;
}

void *memmove(void *to, const void *from, size_t size) {
  auto *const target = static_cast<char *>(to);
  const auto *const source = static_cast<const char *>(from);
  if (size <= 64)
    copy_few(target, source, size);
  // Also where the source lies before the target, but ends before it begins.
  else if (reinterpret_cast<uintptr_t>(target) - reinterpret_cast<uintptr_t>(source) >= size)
    copy_forward(target, source, size);
  else
    copy_backward(target, source, size);
  return to;
}
}

#endif
