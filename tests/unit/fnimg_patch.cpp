// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "diff/patch.hpp"
#include "diff/patch_name.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <random>
#include <vector>

using namespace fn;
using namespace fn::img;

namespace {

using Lines = std::vector<std::string>;

// With their newlines, which the last may lack.
Lines lines_of(const std::string& text) {
  Lines lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

struct Range {
  std::size_t begin = 0;  // counted from 1
  std::size_t count = 1;
};

// "3,7" and "3" behind `mark`.
Range range_of(const std::string& head, char mark) {
  const std::string text = head.substr(head.find(mark) + 1);
  const Lines parts = split(text.substr(0, text.find(' ')), ',');
  return {std::stoul(parts[0]), parts.size() > 1 ? std::stoul(parts[1]) : 1};
}

struct Applied {
  std::string text;
  std::size_t edits = 0;
};

// Does what patch(1) does, and insists that every line and number of the patch is true.
Applied patched(const std::string& text, const std::string& patch) {
  const Lines from = lines_of(text);
  const Lines script = lines_of(patch);
  Applied applied;
  std::size_t x = 0;
  std::size_t written = 0;
  for (std::size_t n = 2; n < script.size();) {
    const Range old_lines = range_of(script[n], '-');
    const Range new_lines = range_of(script[n++], '+');
    const std::size_t begin = old_lines.count == 0 ? old_lines.begin : old_lines.begin - 1;
    for (; x < begin; ++x, ++written) applied.text += from.at(x);
    REQUIRE(written == (new_lines.count == 0 ? new_lines.begin : new_lines.begin - 1));
    std::size_t gone = 0;
    std::size_t come = 0;
    for (; n < script.size() && !script[n].starts_with("@@"); ++n) {
      std::string line = script[n].substr(1);
      if (n + 1 < script.size() && script[n + 1].starts_with('\\')) line.pop_back();
      const char mark = script[n].front();
      if (mark == '\\') continue;
      if (mark != '+') REQUIRE(from.at(x++) == line);
      if (mark != '-') applied.text += line;
      gone += mark != '+';
      come += mark != '-';
      applied.edits += mark != ' ';
    }
    REQUIRE(gone == old_lines.count);
    REQUIRE(come == new_lines.count);
    written += come;
  }
  for (; x < from.size(); ++x) applied.text += from[x];
  return applied;
}

// Lines that must go or come at least: all but a longest common subsequence.
std::size_t fewest_edits(const Lines& a, const Lines& b) {
  std::vector<std::vector<std::size_t>> common(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t x = 1; x <= a.size(); ++x)
    for (std::size_t y = 1; y <= b.size(); ++y)
      common[x][y] = a[x - 1] == b[y - 1] ? common[x - 1][y - 1] + 1 : std::max(common[x - 1][y], common[x][y - 1]);
  return a.size() + b.size() - 2 * common[a.size()][b.size()];
}

std::string random_text(std::mt19937& random, std::size_t max_lines) {
  std::string text;
  for (std::size_t n = random() % (max_lines + 1); n > 0; --n) text += std::string(1, char('a' + random() % 4)) + '\n';
  if (!text.empty() && random() % 4 == 0) text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("a patch makes the one text of the other, with as few edits as can be") {
  std::mt19937 random(2026);
  for (int n = 0; n < 3000; ++n) {
    const std::string a = random_text(random, 14);
    const std::string b = random_text(random, 14);
    CAPTURE(a);
    CAPTURE(b);
    const Applied applied = patched(a, unified_diff(a, b, "a", "b"));
    REQUIRE(applied.text == b);
    REQUIRE(applied.edits == fewest_edits(lines_of(a), lines_of(b)));
  }
}

TEST_CASE("texts too different for the bound are replaced, and the patch is still true") {
  std::string a = "head\n";
  std::string b = a;
  for (int n = 0; n < 2000; ++n) {
    a += fmt::format("a{}\n", n);
    b += fmt::format("b{}\n", n);
  }
  a += "tail\n";
  b += "tail\n";
  const Applied applied = patched(a, unified_diff(a, b, "a", "b"));
  CHECK(applied.text == b);
  CHECK(applied.edits == 4000);
}

TEST_CASE("equal texts have no patch") {
  CHECK(unified_diff("", "", "a", "b").empty());
  CHECK(unified_diff("x\n", "x\n", "a", "b").empty());
}

TEST_CASE("a missing newline at the end is said, on the side that lacks it") {
  CHECK(unified_diff("x\ny", "x\ny\n", "a", "b") ==
        "--- a\n+++ b\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+y\n");
  CHECK(unified_diff("", "x", "a", "b") == "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n");
}

TEST_CASE("three lines of context, and one hunk for changes that share some of it") {
  const std::string a = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
  CHECK(unified_diff(a, "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "a", "b") ==
        "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  CHECK(unified_diff(a, "one\n2\n3\n4\n5\n6\n7\neight\n9\n", "a", "b") ==
        "--- a\n+++ b\n@@ -1,9 +1,9 @@\n-1\n+one\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+eight\n 9\n");
  CHECK(unified_diff(a, "one\n2\n3\n4\n5\n6\n7\n8\nnine\n", "a", "b") ==
        "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+nine\n");
}

TEST_CASE("only text that no terminal obeys is shown") {
  CHECK(is_text("a line\tand\r\n\fanother \xc3\xa4\n"));
  CHECK(is_text(""));
  for (const std::string& binary : {std::string("\0", 1), std::string("\x1b[2J"), std::string("\x7f"),
                                    std::string("\xc2\x9b"), std::string("\xff\xfe"),
                                    std::string("\x7f"
                                                "ELF")}) {
    CAPTURE(printable(binary));
    CHECK_FALSE(is_text(binary));
  }
}

TEST_CASE("names in patches: as they are, or quoted as git quotes them") {
  CHECK(patch_name("a/etc/x-1.0_y") == "a/etc/x-1.0_y");
  CHECK(patch_name("a/\xc3\xa9") == "a/\xc3\xa9");
  CHECK(patch_name("a/my file") == "\"a/my file\"");
  CHECK(patch_name("a/\t\n\r\"\\") == "\"a/\\t\\n\\r\\\"\\\\\"");
  CHECK(patch_name("a/\xff\x01") == "\"a/\\377\\001\"");
  CHECK(patch_name("a/\xe2\x80\xae") == "\"a/\\342\\200\\256\"");
  for (const char* name : {"--- a/x", "@@", "*", "+", "Index:", "Prereq:x"})
    CHECK(patch_name(name) == fmt::format("\"{}\"", name));
}

TEST_CASE("paths that git apply refuses") {
  for (const char* path : {".git", "a/.git/b", ".GIT", "git~1", ".git. .", "a/.git:x", ".git \\x"}) {
    CAPTURE(path);
    CHECK(is_refused_by_git(path));
  }
  for (const char* path : {"git", ".gitx", ".gitignore", "a.git", ".git-x/y", "git~2"})
    CHECK_FALSE(is_refused_by_git(path));
}
