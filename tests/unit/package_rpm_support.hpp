// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Headers of RPM packages, and the stores that rpm keeps them in.
namespace fn {

// What rpm 4.18 keeps of a package that has epoch 4, /etc/tiny, /etc/tiny/conf and /usr/bin/tiny.
inline constexpr std::string_view real_header_hex =
    "0000003D000003AC0000003F00000007000003050000001000000064000000080000000000000001000003E8000000060000000200000001"
    "000003E9000000060000000700000001000003EA000000060000000B00000001000003EB000000040000001000000001000003EC00000009"
    "0000001400000001000003ED000000090000001600000001000003EE000000040000001800000001000003EF000000060000001C00000001"
    "000003F1000000040000002000000001000003F6000000060000002400000001000003F8000000090000002800000001000003FD00000006"
    "0000003400000001000003FE000000060000003A000000010000040400000004000000440000000300000406000000030000005000000003"
    "000004090000000300000056000000030000040A000000040000005C000000030000040B0000000800000068000000030000040C00000008"
    "000000EB000000030000040D00000004000000F0000000030000040F00000008000000FC0000000300000410000000080000010B00000003"
    "00000414000000060000011A000000010000041500000004000001300000000300000417000000080000013C000000010000041800000004"
    "0000014400000003000004190000000800000150000000030000041A000000080000019F000000030000042800000006000001B500000001"
    "0000044700000004000001BC000000030000044800000004000001C8000000030000044900000008000001D4000000030000045800000004"
    "000001D8000000010000045900000008000001DC000000010000045C00000004000001E4000000030000045D00000008000001F000000003"
    "0000045E00000008000001FF0000000300000462000000060000021A00000001000004640000000600000221000000010000046500000006"
    "000002260000000100000466000000060000022B000000010000046C000000060000022D0000000100000474000000040000024400000003"
    "0000047500000004000002500000000300000476000000080000025C0000000200001393000000040000027400000001000013C600000006"
    "0000027800000001000013E4000000080000027E00000001000013E500000004000002C000000001000013E900000008000002C400000001"
    "0000010100000004000003180000000100000105000000070000031C000000100000010D000000060000032C000000010000011100000006"
    "0000035500000001000003F000000004000003980000000100000405000000010000039C000000030000041600000004000003A000000001"
    "0000046700000004000003A4000000010000046800000004000003A800000001430074696E7900312E320033000000000000000474007400"
    "6B062CEE766D0000000000044D495400556E737065636966696564006C696E7578006E6F6172636800000000000000000000000200000002"
    "41ED81A481A40000000000006B062CEE6B062CEE6B062CEE0033626232616262363965626232376662666536336337363339363234633665"
    "6335653333316238343161356263386333656263313062393238356539303837370037336362333835386136383761383439346361333332"
    "3330353330313632383266336461643339643432636636326361346537396464613261616337643961630000000000000000000000000000"
    "00000000726F6F7400726F6F7400726F6F7400726F6F7400726F6F7400726F6F740074696E792D312E322D332E7372632E72706D00000000"
    "FFFFFFFFFFFFFFFFFFFFFFFF74696E79000000000100000A0100000A0100000A72706D6C696228436F6D7072657373656446696C654E616D"
    "6573290072706D6C69622846696C6544696765737473290072706D6C6962285061796C6F616446696C657348617665507265666978290033"
    "2E302E342D3100342E362E302D3100342E302D3100342E31382E300000000001000000010000000100000001000000020000000300000000"
    "00000008343A312E322D330000000000000000010000000274696E7900636F6E660074696E79002F6574632F002F6574632F74696E792F00"
    "2F7573722F62696E2F002D4F32202D67006370696F00677A69700039006E6F617263682D64656269616E2D6C696E75780000000000000000"
    "00000000000000000000000000000001000000016469726563746F7279004153434949207465787400000000000000087574662D38006636"
    "6362653361333766666564393166316666383365303739393136623861313261666531663262373366666133313365353661303931383230"
    "6366333539310000000000083136303835366335383337356235663861306435333036613166396438616537633233363632663263386462"
    "6563373331633738376132376136316361653066000000003F00000007FFFFFCC000000010000000000006EBCD99105C990CBC5DF413170B"
    "23BCD59F36346661323862616630656530343863393135343261373538326464353035643931343432383939003133373639323464613634"
    "3639363961633835643564623764613832353035633135313361373136633861303962323665323763666632306336656563386662000000"
    "6B062CEF0000000000000200000000036B062CEF";

inline std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

inline void put(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t width, bool big = false) {
  if (bytes.size() < at + width) bytes.resize(at + width);
  for (std::size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<char>(value >> 8 * (big ? width - 1 - i : i));
}

inline std::string number(std::uint32_t value, bool big = true) {
  std::string out;
  put(out, 0, value, 4, big);
  return out;
}

// A header, entry by entry.
class HeaderBuilder {
 public:
  HeaderBuilder& text(std::uint32_t tag, const std::string& value) { return add(tag, 6, 1, value + '\0'); }
  HeaderBuilder& texts(std::uint32_t tag, const std::vector<std::string>& values) {
    std::string data;
    for (const std::string& value : values) data += value + '\0';
    return add(tag, 8, values.size(), data);
  }
  HeaderBuilder& numbers(std::uint32_t tag, const std::vector<std::uint32_t>& values) {
    std::string data;
    for (const std::uint32_t value : values) data += number(value);
    return add(tag, 4, values.size(), data);
  }
  HeaderBuilder& add(std::uint32_t tag, std::uint32_t type, std::size_t count, const std::string& data) {
    index_ += number(tag) + number(type) + number(static_cast<std::uint32_t>(data_.size())) +
              number(static_cast<std::uint32_t>(count));
    data_ += data;
    return *this;
  }
  std::string build() const {
    return number(static_cast<std::uint32_t>(index_.size() / 16)) + number(static_cast<std::uint32_t>(data_.size())) +
           index_ + data_;
  }

 private:
  std::string index_, data_;
};

// NAME-1-2.x86_64.
inline HeaderBuilder named(const std::string& name) {
  return HeaderBuilder().text(1000, name).text(1001, "1").text(1002, "2").text(1022, "x86_64");
}

// A hash table of Berkeley DB with one bucket. Values of more than 200 bytes go to chains of pages.
inline std::string bdb(const std::vector<std::string>& headers, bool big = false) {
  constexpr std::size_t page_size = 512;
  std::vector<std::string> pages(2, std::string(page_size, '\0'));
  const auto page_head = [&](std::size_t page, std::size_t next, std::size_t count, std::size_t free, int type) {
    put(pages[page], 8, page, 4, big);
    put(pages[page], 16, next, 4, big);
    put(pages[page], 20, count, 2, big);
    put(pages[page], 22, free, 2, big);
    pages[page][25] = static_cast<char>(type);
  };
  const auto overflow = [&](std::string_view rest) {
    const std::size_t first = pages.size();
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, page_size - 26);
      rest.remove_prefix(part.size());
      pages.emplace_back(page_size, '\0');
      page_head(pages.size() - 1, rest.empty() ? 0 : pages.size(), 1, part.size(), 7);
      pages.back().replace(26, part.size(), part);
    }
    return first;
  };
  std::vector<std::string> items{'\1' + number(0, big), '\1' + number(7, big)};
  for (std::size_t i = 0; i < headers.size(); ++i) {
    items.push_back('\1' + number(static_cast<std::uint32_t>(i + 1), big));
    if (headers[i].size() <= 200) {
      items.push_back('\1' + headers[i]);
    } else {
      const auto first = static_cast<std::uint32_t>(overflow(headers[i]));
      items.push_back(std::string("\3\0\0\0", 4) + number(first, big) +
                      number(static_cast<std::uint32_t>(headers[i].size()), big));
    }
  }
  std::size_t end = page_size;
  for (std::size_t i = 0; i < items.size(); ++i) {
    end -= items[i].size();
    pages[1].replace(end, items[i].size(), items[i]);
    put(pages[1], 26 + 2 * i, end, 2, big);
  }
  page_head(1, 0, items.size(), end, 13);
  put(pages[0], 12, 0x061561, 4, big);
  put(pages[0], 16, 9, 4, big);
  put(pages[0], 20, page_size, 4, big);
  pages[0][25] = 8;
  put(pages[0], 32, pages.size() - 1, 4, big);
  for (std::size_t i = 0; i < 32; ++i) put(pages[0], 96 + 4 * i, 1, 4, big);
  std::string file;
  for (const std::string& page : pages) file += page;
  return file;
}

inline std::uint32_t adler32_of(std::string_view bytes) {
  std::uint32_t a = 1, b = 0;
  for (const char c : bytes) {
    a = (a + static_cast<std::uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

// RPM's own store with one page of slots, the first of which is free.
inline std::string ndb(const std::vector<std::string>& headers) {
  std::string file = "RpmP";
  put(file, 8, 1, 4);
  put(file, 12, 1, 4);
  put(file, 28, 0, 4);
  while (file.size() < 4096) file += std::string("Slot") + std::string(12, '\0');
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const std::size_t begin = file.size();
    put(file, 48 + 16 * i + 4, i + 1, 4);
    put(file, 48 + 16 * i + 8, begin / 16, 4);
    std::string blob = "BlbS" + number(static_cast<std::uint32_t>(i + 1), false) + number(1'600'000'000, false) +
                       number(static_cast<std::uint32_t>(headers[i].size()), false) + headers[i];
    while ((blob.size() + 12) % 16 != 0) blob += '\0';
    blob += number(adler32_of(blob), false) + number(static_cast<std::uint32_t>(headers[i].size()), false) + "BlbE";
    put(file, 48 + 16 * i + 12, blob.size() / 16, 4);
    file += blob;
  }
  return file;
}

}  // namespace fn
