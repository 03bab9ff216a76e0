#include "encode-plan.h"

#include <cstddef>
#include <cstring>

#include "wire.h"

namespace tsrunc {

namespace {

constexpr size_t alignment = 8;

class Writer {
public:
  explicit Writer(std::vector<uint8_t> &out) : out_(out) {}

  void put(const void *data, size_t size) {
    const auto *bytes = static_cast<const uint8_t *>(data);
    out_.insert(out_.end(), bytes, bytes + size);
  }
  void put32(uint32_t value) { put(&value, sizeof value); }
  void pad() { out_.resize((out_.size() + alignment - 1) & ~(alignment - 1)); }

  bool operator()(uint32_t value) {
    put32(value);
    put32(0);
    return true;
  }
  bool operator()(uint64_t value) {
    put(&value, sizeof value);
    return true;
  }
  bool operator()(const std::string &text) {
    put32(static_cast<uint32_t>(text.size()));
    put(text.c_str(), text.size() + 1);
    pad();
    return text.find('\0') == std::string::npos;
  }
  bool operator()(const std::vector<std::string> &texts) {
    bool sound = (*this)(static_cast<uint32_t>(texts.size()));
    for (const std::string &text : texts) sound = (*this)(text) && sound;
    return sound;
  }
  bool operator()(const ByteSpan &bytes) {
    (*this)(static_cast<uint32_t>(bytes.size));
    put(bytes.data, bytes.size);
    pad();
    return true;
  }

private:
  std::vector<uint8_t> &out_;
};

void patch32(std::vector<uint8_t> &out, size_t at, size_t value) {
  const auto number = static_cast<uint32_t>(value);
  memcpy(out.data() + at, &number, sizeof number);
}

} // namespace

Result<Bytes> encode_plan(uint32_t magic, uint32_t layout, const std::vector<std::vector<PlanValue>> &steps,
                          bool more) {
  Bytes plan;
  std::vector<uint8_t> &out = plan.data;
  out.reserve(4096);
  Writer writer(out);
  const wire::PlanHeader header = {magic, layout, 0, static_cast<uint32_t>(steps.size()), more, 0};
  writer.put(&header, sizeof header);
  for (const std::vector<PlanValue> &step : steps) {
    const size_t start = out.size();
    // The number of the kind takes 8 bytes as any other, which are the step's header: the size is their upper half.
    if (step.empty() || !std::holds_alternative<uint32_t>(step[0].value)) return Error{"encode", EINVAL, {}};
    for (const PlanValue &value : step)
      if (!std::visit(writer, value.value)) return Error{"encode", EINVAL, {}};
    patch32(out, start + offsetof(wire::StepHeader, size), out.size() - start);
  }
  patch32(out, offsetof(wire::PlanHeader, size), out.size());
  return plan;
}

} // namespace tsrunc
