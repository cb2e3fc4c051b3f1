// How many fields an aggregate has, found by initialising it with more and more of them. With it a
// test notices a field that was added to the model and forgotten in the codec.
#pragma once

#include <cstddef>
#include <utility>

namespace quayside {

struct AnyField {
  size_t index;
  template <typename T>
  operator T() const;  // never called: only whether it would compile is asked
};

template <typename T, size_t... I>
constexpr bool TakesFields(std::index_sequence<I...>) {
  return requires { T{AnyField{I}...}; };
}

template <typename T, size_t N = 0>
constexpr size_t FieldCount() {
  if constexpr (!TakesFields<T>(std::make_index_sequence<N + 1>())) {
    return N;
  } else {
    return FieldCount<T, N + 1>();
  }
}

}  // namespace quayside
