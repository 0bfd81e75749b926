// Several lambdas as one visitor of a std::variant.
#pragma once

namespace risk {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace risk
