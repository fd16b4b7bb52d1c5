#include "outline.hpp"

#include <doctest/doctest.h>

#include <string>

namespace
{

std::string read(std::string text)
{
    return outline::read(std::move(text), spaceframe::ManifestForm::json);
}

} // namespace

TEST_CASE("JSON: each key knows its line, wherever its value stands")
{
    CHECK(read("{\n \"a\": \"1\",\n\n \"b\":\n {\n  \"c\"\n:\n\"2\", \"d\": {\"e\": \"3\"}\n }\n}\n") ==
          "a=1@2 b@4(c=2@6 d@8(e=3@8))");
    CHECK(read("{}").empty());
    CHECK(read("{\"a\": {}}") == "a@1()");
}

TEST_CASE("JSON: an array repeats its key, each time at the line of the element")
{
    CHECK(read("{\"a\": [\n\"x\",\n{\"b\": \"y\",\n \"c\": [1, 2]},\n3\n]\n}") ==
          "a=x@2 a@3(b=y@3 c=1@4 c=2@4) a=3@5");
}

TEST_CASE("JSON: numbers and truth values are what is written")
{
    CHECK(read("{\"a\": -1.50e+3, \"b\": 0, \"c\": true, \"d\": false, \"e\": 10}") ==
          "a=-1.50e+3@1 b=0@1 c=true@1 d=false@1 e=10@1");
    for (const char* wrong :
         {"01", "+1", ".5", "1.", "1e", "-", "0x10", "64MiB", "yes", "NaN", "True", "nul"})
    {
        CAPTURE(wrong);
        CHECK(read("{\n\"a\": " + std::string(wrong) + "}") ==
              "m:2: syntax: column 6: found \"" + std::string(wrong) +
                  "\", expected a value; any text but a number, true and false goes between quotes\n");
    }
}

TEST_CASE("JSON: escapes are resolved in keys and values")
{
    CHECK(read(R"({"\u0061\n\"": "\\\/\b\f\r\t\u00e9\u20AC\ud83d\ude00"})") == "a\n\"=\\/\b\f\r\té€😀@1");
    for (const char* wrong :
         {"\\x", "\\u12", "\\u00g0", "\\u0000", "\\ud83d", "\\ud83dx", "\\ud83d\\u0041", "\\ude00", "\\"})
    {
        CAPTURE(wrong);
        CHECK(read("{\"a\": \"é" + std::string(wrong) + "\"}").starts_with("m:1: syntax: column "));
    }
    CHECK(read("{\"a\": \"é\\q\"}").starts_with("m:1: syntax: column 9: unknown escape; expected one of"));
}

TEST_CASE("JSON: line breaks may be CRLF, and a byte order mark and text of any script are fine")
{
    CHECK(read("\xEF\xBB\xBF{\r\n\"grüße\": \"日本\",\r\n\"ключ\": \"é 😀\"\r\n}\r\n") ==
          "grüße=日本@2 ключ=é 😀@3");
    CHECK(read("\xEF\xBB\xBF{\r\n\"grüße\": \"日本\" x}") ==
          "m:2: syntax: column 15: found \"x\", expected \",\" or \"}\"\n");
}

TEST_CASE("JSON: what is malformed is reported where it is")
{
    const auto error = [](const std::string& place, const std::string& text)
    {
        return "m:" + place + ": " + text + "\n";
    };
    CHECK(read("x") ==
          error("1: syntax: column 1", "found \"x\", expected \"{\": the top of a manifest is an object"));
    CHECK(read("[1]") ==
          error("1: syntax: column 1", "found \"[\", expected \"{\": the top of a manifest is an object"));
    CHECK(read("{\"a\": 1}\n}") ==
          error("2: syntax: column 1", "found \"}\", expected nothing after the manifest's last \"}\""));
    CHECK(read("{\"a\": 1") ==
          error("1: syntax: column 8", "found the end of the file, expected \",\" or \"}\""));
    CHECK(read("{\"a\": [1\n\"b\"]}") ==
          error("2: syntax: column 1", "found \"\"\", expected \",\" or \"]\""));
    CHECK(read("{\"a\": 1,\n}") == error("2: syntax: column 1", "found \"}\", expected a key in quotes"));
    CHECK(read("{a: 1}") == error("1: syntax: column 2", "found \"a\", expected a key in quotes"));
    CHECK(read("{\"a\" 1}") == error("1: syntax: column 6", "found \"1\", expected \":\" after a key"));
    CHECK(read("{\"a\": }").starts_with("m:1: syntax: column 7: found \"}\", expected a value"));
    CHECK(read("{\"a\": [1,]}").starts_with("m:1: syntax: column 10: found \"]\", expected a value"));
    CHECK(
        read("{\"a\": \"open\n}") ==
        error("1: syntax: column 12", "a string is not closed; expected a quote before the end of the line"));
    CHECK(read("{\"a\": \"x\ty\"}") ==
          error("1: syntax: column 9",
                "found a control character in a string; write it as an escape such as \\t"));
    CHECK(read("{ // comment\n}") == error("1: syntax: column 3", "found \"/\", expected a key in quotes"));
}

TEST_CASE("JSON: an array in an array and an empty key are errors")
{
    CHECK(read("{\"a\": [[1]]}") ==
          "m:1: syntax: column 8: found an array in an array, expected a value or an object\n");
    CHECK(read("{\n\"\": 1}") == "m:2: syntax: column 1: found an empty key, expected a name\n");
}

TEST_CASE("JSON: null and an empty array are errors at their keys, in one run with others")
{
    CHECK(read("{\"a\": {\n\"b\": null,\n\"c\": [1, null],\n\"d\": []},\n\"e\": \"${SF_TEST_UNSET}\"}") ==
          "a@1(b=@2 c=1@3 c=@3 d=@4) e=@5\n"
          "m:2: a.b: found null, expected a value; leave the key out for its default\n"
          "m:3: a.c: found null, expected a value; leave the key out for its default\n"
          "m:4: a.d: found an empty array, expected at least one value; leave the key out instead\n"
          "m:5: e: environment variable SF_TEST_UNSET is not set; set it, or write "
          "${SF_TEST_UNSET:-default}\n");
    CHECK(read("{\"a\": \"null\"}") == "a=null@1");
}

TEST_CASE("JSON: a key that comes twice in one object is an error, however it is written")
{
    CHECK(read("{\"a\": 1,\n\"b\": {\"a\": 2},\n\"\\u0061\": {\"c\": 3}}") ==
          "a=1@1 b@2(a=2@2) a@3(c=3@3)\n"
          "m:3: a: given twice, expected once; line 1 gave it first; what may be repeated is an array in "
          "JSON\n");
}

TEST_CASE("JSON: deep nesting is an error and no crash")
{
    std::string objects;
    std::string arrays = "{\"a\": ";
    std::string allowed = "1";
    for (int i = 0; i < 500000; ++i)
    {
        objects += "{\"a\":\n";
        arrays += '[';
    }
    for (int i = 0; i < 33; ++i)
    {
        allowed = "{\"a\":" + allowed + "}";
    }
    CHECK(read(objects) == "m:34: syntax: column 1: blocks are nested more than 32 deep\n");
    CHECK(read(arrays).starts_with("m:1: syntax: column 8: found an array in an array"));
    CHECK(read(allowed).starts_with("a@1("));
    CHECK(read("{\"a\":" + allowed + "}").find("nested more than 32 deep") != std::string::npos);
}
