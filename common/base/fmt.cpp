// SPDX-License-Identifier: Apache-2.0
// The compiled part of {fmt}, in our own programs: loading libfmt.so, and libstdc++.so with it, would be a third of the
// start-up time, and Debian has no libfmt.a. What is instantiated here is what its headers leave to the library.
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {

template auto dragonbox::to_decimal<float>(float) noexcept -> dragonbox::decimal_fp<float>;
template auto dragonbox::to_decimal<double>(double) noexcept -> dragonbox::decimal_fp<double>;
template auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto decimal_point_impl<char>(locale_ref) -> char;

}  // namespace detail
FMT_END_NAMESPACE
