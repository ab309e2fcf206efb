// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace fn {
namespace {

namespace chrono = std::chrono;

constexpr UnixTime seconds_per_day = 86'400;
constexpr UnixTime first_time = -62'167'219'200;  // 0000-01-01T00:00:00Z
constexpr UnixTime last_time = 253'402'300'799;   // 9999-12-31T23:59:59Z

// Parses the parts of a time from the front of a text; stays failed after the first mismatch.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool failed() const { return failed_; }
  bool next_is(std::string_view any_of) const { return !text_.empty() && any_of.find(text_.front()) != any_of.npos; }

  char take(std::string_view any_of) {
    if (!next_is(any_of)) failed_ = true;
    if (failed_) return '\0';
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  int number(std::size_t digits, int lowest, int highest) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + (take("0123456789") - '0');
    if (value < lowest || value > highest) failed_ = true;
    return value;
  }

 private:
  std::string_view text_;
  bool failed_ = false;
};

}  // namespace

std::string rfc3339(UnixTime time) {
  if (time < first_time || time > last_time) fail(Kind::usage, "time {} is outside the years 0 to 9999", time);
  const chrono::sys_seconds point{chrono::seconds(time)};
  const auto day = chrono::floor<chrono::days>(point);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(point - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<UnixTime> parse_rfc3339(std::string_view text) {
  Scanner scan(text);
  const int year = scan.number(4, 0, 9999);
  scan.take("-");
  const int month = scan.number(2, 1, 12);
  scan.take("-");
  const int day = scan.number(2, 1, 31);
  scan.take("Tt");
  const int hour = scan.number(2, 0, 23);
  scan.take(":");
  const int minute = scan.number(2, 0, 59);
  scan.take(":");
  const int second = scan.number(2, 0, 60);  // 60: a leap second, which Unix time counts as the next one
  if (scan.next_is(".")) {
    scan.take(".");
    do scan.take("0123456789");
    while (scan.next_is("0123456789"));
  }
  UnixTime offset = 0;
  if (const char zone = scan.take("Zz+-"); zone == '+' || zone == '-') {
    offset = scan.number(2, 0, 23) * 3600;
    scan.take(":");
    offset += scan.number(2, 0, 59) * 60;
    if (zone == '-') offset = -offset;
  }
  const chrono::year_month_day date{chrono::year(year), chrono::month(unsigned(month)), chrono::day(unsigned(day))};
  if (scan.failed() || !scan.at_end() || !date.ok()) return std::nullopt;
  const UnixTime days = chrono::sys_days(date).time_since_epoch().count();
  return days * seconds_per_day + hour * 3600 + minute * 60 + second - offset;
}

UnixTime SystemClock::now() const {
  return chrono::system_clock::to_time_t(chrono::system_clock::now());
}

chrono::steady_clock::time_point SystemClock::steady() const {
  return chrono::steady_clock::now();
}

UnixTime source_date_epoch(const char* value) {
  if (!value) return 0;
  const auto seconds = parse_uint(value);
  if (!seconds || *seconds > std::uint64_t{last_time})
    fail_hint(Kind::usage, "set it to seconds since 1970, as 'date +%s' prints them, or unset it",
              "SOURCE_DATE_EPOCH '{}' is not a time", printable(value));
  return UnixTime(*seconds);
}

}  // namespace fn
