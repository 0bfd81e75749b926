// The rules as the store keeps them (table engine_inputs, kind RULES): JSON that a person can read.
//
//     {"config_version":"1","base_currency":"USD","rates":{"EUR":"1.08"},
//      "client_exposure":{"enabled":true,"measure":"GROSS","limit":"1000000","limit_by_entity":{"C1":"5"}, …}, …,
//      "further_rules":{"client_net":{"kind":"exposure","entity_type":"CLIENT", …}}}
//
// The names are those of the rule table (risk/engine/rule_table.hpp); decimals and 64-bit numbers are texts.
#pragma once

#include <string>
#include <string_view>

#include "risk/base/result.hpp"
#include "risk/engine/rules.hpp"

namespace risk::wire {

// decode_rules(encode(rules)) is rules. What is false, none, zero or empty is not in the text.
std::string encode(const engine::RuleSet& rules);

// A decimal, a measure or a count above zero that is not in the text has its default, and so has a rule; but one that
// is_later in the table is then as absent_rule() says, for it was not there when the text was written. A field that is
// not known is ignored; a measure or a kind that is not known is an error, since no rule can be judged without. Errors
// name the rule, the field and its value.
Result<engine::RuleSet> decode_rules(std::string_view text);

}  // namespace risk::wire
