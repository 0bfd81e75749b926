// Several lambdas as one visitor of a std::variant.
#pragma once

namespace risk {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;  // clang 14 does not deduce it by itself

}  // namespace risk
