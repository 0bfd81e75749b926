#include "drop-copy/records.hpp"

#include "drop-copy/fix/tags.hpp"
#include "risk/base/text.hpp"
#include "risk/engine/rules.hpp"
#include "risk/ingest/csv.hpp"

namespace risk::drop_copy {

wire::RejectedInput to_rejected(const Unusable& unusable, std::string_view raw) {
  return {{unusable.tag == 0 ? "" : tag::name_of(unusable.tag), printable(unusable.value), unusable.reason},
          printable(shown(raw), ingest::kRawBytesMax)};
}

wire::Input to_input(const Execution& execution, const FixMapping& mapping, std::string_view raw) {
  const auto problem = engine::value_problem(execution.transaction);
  if (!problem) return execution.transaction;
  const int tag = tag_of_field(problem->field, mapping);
  auto rejected = to_rejected({tag, problem->value, problem->reason}, raw);
  if (tag == 0) rejected.rejection.field = problem->field;  // one that the settings give
  return rejected;
}

}  // namespace risk::drop_copy
