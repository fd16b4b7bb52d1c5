#include "outline.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>

using spaceframe::ManifestForm;

namespace
{

constexpr int rounds = 5000;
constexpr const char* file =
    "the manifest"; // begins an error, and no outline: its first key would hold a blank

struct Sample
{
    ManifestForm form;
    std::string_view text;
    std::string_view pieces; // what mutations insert, separated by line breaks
};

constexpr std::array samples{
    Sample{
        ManifestForm::info,
        "spaceframe 1 ; größe\nkernel { threads 2 }\nsockets\n{\n a\n {\n  pattern router\n  bind tcp://*:1\n"
        "  bind { endpoint \"ipc:///x y\" \\\n \"z\" send_hwm 5 }\n  identity \"\\\"é\\t\"\n }\n}\n",
        "{\n}\n {\n} \n\"\n\\\n;\n#include\n\\n\n \\ \n\"\" \n\r\n日\n${A:-b}\nx\n"},
    Sample{ManifestForm::json,
           "{\"spaceframe\": 1,\n\"kernel\": {\"threads\": 2, \"on\": true},\n\"sockets\": {\"größe\": "
           "{\"pattern\": "
           "\"router\",\n\"bind\": [\"tcp://*:1\",\n{\"endpoint\": \"ipc:///x\\u00e9\\n\"}, "
           "-1.5e3],\n\"identity\": \"\"}}}\n",
           "{\n}\n[\n]\n[]\n{}\n,\n:\n\"\n\"a\": "
           "\nnull\ntrue\n1\n0\n-\n.\ne\n\\\n\\u\nd83d\n\\ude00\n\"\"\n/**/\n\r\n日\n"},
    Sample{
        ManifestForm::xml,
        "<?xml version='1.0' encoding='UTF-8'?>\n<!-- größe -->\n<manifest spaceframe='1'>\n<kernel "
        "threads=\"2\"/>\n"
        "<sockets><a pattern='router'>\n<bind>\n tcp://*:1 </bind>\n<bind endpoint='ipc:///x&amp;&#233;'/>\n"
        "<identity>&lt;é&gt;</identity><empty></empty></a></sockets>\n</manifest>\n",
        "<\n>\n</\n/>\n<!\n<!-- \n-->\n--\n<?\n?>\n<![CDATA[\n]]>\n<!DOCTYPE\n&\n;\n&#\n&#x41;\n&#32;\n='\n"
        "\"\n'\n \n\r\n<a>\n</a>\n<b/>\nx='y'\n日\nxmlns:a\n"},
};

class Mutator
{
public:
    explicit Mutator(unsigned seed) : random_(seed)
    {}

    std::string mutate(const Sample& sample)
    {
        std::string text(sample.text);
        for (std::size_t count = 1 + below(4); count > 0; --count)
        {
            change(text, sample.pieces);
        }
        return text;
    }

private:
    std::size_t below(std::size_t limit)
    {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
    }

    std::string_view piece(std::string_view pieces)
    {
        const std::size_t from = pieces.find('\n', below(pieces.size() - 1)) + 1;
        return from >= pieces.size() ? "\n" : pieces.substr(from, pieces.find('\n', from) - from);
    }

    void change(std::string& text, std::string_view pieces)
    {
        const std::size_t at = below(text.size() + 1);
        const std::size_t length = below(12);
        switch (below(6))
        {
        case 0:
            text.erase(at, length);
            break;
        case 1:
            text.insert(at, text.substr(below(text.size() + 1), length));
            break;
        case 2:
            text.resize(at);
            break;
        case 3:
            text.replace(at, length, piece(pieces));
            break;
        case 4:
            text.insert(at, 1, static_cast<char>(' ' + static_cast<char>(below(95))));
            break;
        default:
            text.insert(at, piece(pieces));
        }
        text += text.empty() ? " " : "";
    }

    std::mt19937 random_;
};

} // namespace

TEST_CASE("a mutilated manifest is read or refused, and the scanner agrees with PropertyTree about it")
{
    const unsigned seed = std::random_device()();
    CAPTURE(seed);
    Mutator mutator(seed);
    int read = 0;
    for (int round = 0; round < rounds; ++round)
    {
        for (const Sample& sample : samples)
        {
            const std::string text = mutator.mutate(sample);
            const std::string outcome = outline::read(text, sample.form, file);
            const bool in_doubt = outcome.find("cannot be told") != std::string::npos;
            // A scanner that lets pass what the library refuses leaves the library's words.
            const bool is_refused_late = outcome.starts_with(file) && sample.form != ManifestForm::info &&
                                         outcome.find("syntax: column") == std::string::npos &&
                                         outcome.find("is never closed") == std::string::npos &&
                                         outcome.find("is not text") == std::string::npos &&
                                         outcome.find("is empty") == std::string::npos;
            if (in_doubt || is_refused_late)
            {
                FAIL_CHECK("seed " << seed << ", round " << round << "\n" << text << "\n" << outcome);
            }
            read += outcome.starts_with(file) ? 0 : 1;
        }
    }
    CHECK(read > rounds / 10);
    CHECK(read < rounds * 3);
}
