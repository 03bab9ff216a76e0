// What the runtime's encoder writes, init's reader reads: the same values, whatever they are.
#include "harness.h"

#include "../../addon/core/encode-plan.h"
#include "../../addon/init/plan.h"
#include "input.h"

namespace {

using Steps = std::vector<std::vector<tsrunc::PlanValue>>;

// data: what spans of bytes are of.
tsrunc::PlanValue value_of(Input &in, const uint8_t *data, size_t size) {
  switch (in.below(5)) {
    case 0: return {in.number<uint32_t>()};
    case 1: return {in.number<uint64_t>()};
    case 2: return {in.text()};
    case 3: {
      std::vector<std::string> texts;
      for (size_t count = in.below(8); count > 0; count--) texts.push_back(in.text());
      return {texts};
    }
    default: return {tsrunc::ByteSpan{data, std::min<size_t>(in.number<uint16_t>(), size)}};
  }
}

bool has_nul(const tsrunc::PlanValue &value) {
  const auto *text = std::get_if<std::string>(&value.value);
  if (text) return text->find('\0') != std::string::npos;
  const auto *texts = std::get_if<std::vector<std::string>>(&value.value);
  if (!texts) return false;
  return std::any_of(texts->begin(), texts->end(), [](const auto &one) { return one.find('\0') != std::string::npos; });
}

struct Compare {
  Reader &in;

  bool operator()(uint32_t expected) {
    u32 value;
    return in.take(value) && value == expected;
  }
  bool operator()(uint64_t expected) {
    u64 value;
    return in.take(value) && value == expected;
  }
  bool operator()(const std::string &expected) {
    Str text;
    return in.take(text) && same(text, expected);
  }
  bool operator()(const std::vector<std::string> &expected) {
    Strs texts;
    if (!in.take(texts) || texts.count != expected.size()) return false;
    auto one = expected.begin();
    for (const Str text : texts)
      if (!same(text, *one++)) return false;
    return true;
  }
  bool operator()(const tsrunc::ByteSpan &expected) {
    Bytes bytes;
    return in.take(bytes) && bytes.size == expected.size && memcmp(bytes.data, expected.data, expected.size) == 0;
  }

private:
  static bool same(Str text, const std::string &expected) {
    return expected.size() == text.size && memcmp(text.data, expected.data(), text.size) == 0;
  }
};

} // namespace

void try_input(const uint8_t *data, size_t size) {
  Input in(data, size);
  const bool more = in.below(2) == 1;
  Steps steps;
  bool sound = true;
  while (in.left() > 0) {
    std::vector<tsrunc::PlanValue> values;
    // A step without its kind, or with a text in the place of it, has no header.
    const size_t count = in.below(8);
    if (count > 0) values.push_back(in.below(32) == 0 ? value_of(in, data, size) : tsrunc::PlanValue{in.number<uint32_t>()});
    sound = sound && count > 0 && std::holds_alternative<uint32_t>(values[0].value);
    for (size_t i = 1; i < count; i++) {
      values.push_back(value_of(in, data, size));
      sound = sound && !has_nul(values.back());
    }
    steps.push_back(std::move(values));
  }
  auto encoded = tsrunc::encode_plan(step::magic, step::layout, steps, more);
  require(encoded.failed() != sound, "a plan is encoded unless a text has a NUL or a step no kind");
  if (encoded.failed()) return;
  const std::vector<uint8_t> &plan = encoded.value().data;
  PlanHeader header;
  memcpy(&header, plan.data(), sizeof header);
  require(valid(header) && header.size == plan.size() && header.more == more, "the header is valid");
  PlanWalker walker(reinterpret_cast<const char *>(plan.data()), header);
  u32 kind;
  Reader fields;
  for (const auto &values : steps) {
    require(walker.next(kind, fields) && kind == std::get<uint32_t>(values[0].value), "every step is there");
    Compare compare{fields};
    for (size_t i = 1; i < values.size(); i++) require(std::visit(compare, values[i].value), "a value is what it was");
    require(fields.done(), "a step has no more than was written");
  }
  require(!walker.next(kind, fields) && !walker.damaged(), "the plan ends with its last step");
}
