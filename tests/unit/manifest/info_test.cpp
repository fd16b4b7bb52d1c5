#include "outline.hpp"

#include <doctest/doctest.h>

#include <string>

namespace
{

std::string read(std::string text)
{
    return outline::read(std::move(text), spaceframe::ManifestForm::info);
}

} // namespace

TEST_CASE("each key knows its line")
{
    CHECK(read("a 1\n\n; comment\nb\n{\n  c 2\n  d { e 3 }\n}\nf") == "a=1@1 b@4(c=2@6 d@7(e=3@7)) f@9");
}

TEST_CASE("several keys of one line, and braces anywhere, are what PropertyTree takes them for")
{
    CHECK(read("a 1 b 2 { c 3 } d\n{ }") == "a=1@1 b=2@1(c=3@1) d@1()");
    CHECK(read("a { b } c") == "a@1(b@1) c@1");
}

TEST_CASE("strings in quotes have escapes, blanks and continuations")
{
    CHECK(read("\"a b\" \"x;{}\\\"\\t\" ; comment\nc \"\"\nd \"one \" \\\n  \"two\"\ne 5") ==
          "a b=x;{}\"\t@1 c=@2 d=one two@3 e=5@5");
}

TEST_CASE("line breaks may be CRLF")
{
    CHECK(read("a 1\r\nb\r\n{\r\n  c \"x\" \\\r\n \"y\"\r\n}\r\n") == "a=1@1 b@2(c=xy@4)");
}

TEST_CASE("a byte order mark and text of any script are fine")
{
    CHECK(read("\xEF\xBB\xBF"
               "grüße 日本 ; ünï\n\"ключ\" \"é 😀\"") == "grüße=日本@1 ключ=é 😀@2");
}

TEST_CASE("directives are refused, whatever they name")
{
    CHECK(read("a 1\n  #include \"/etc/passwd\"\n#define x\n").find("m:2: syntax: found \"#include \\\"") ==
          std::string::npos);
    const std::string errors = read("a 1\n  #include \"/etc/passwd\"\n#define x\n");
    CHECK(errors.find("m:2: syntax: found \"#include \"/etc/passwd\"\": directives") == 0);
    CHECK(errors.find("\nm:3: syntax: found \"#define x\"") != std::string::npos);
}

TEST_CASE("blocks that are not balanced are reported with the line where they begin")
{
    CHECK(read("a\n{\nb\n{\n c 1\n}\n").starts_with("m:1: syntax: the block of \"a\" is never closed"));
    CHECK(read("a 1\n}\n").starts_with("m:2: syntax: found \"}\" without a block to close"));
    CHECK(read("{\n}\n").starts_with("m:1: syntax: found \"{\" without a key before it"));
    CHECK(read("a { } { }").starts_with("m:1: syntax: found \"{\" without a key before it"));
}

TEST_CASE("a brace that sticks to a word is an error, a variable is none")
{
    CHECK(read("a{\n b 1\n}\n").starts_with("m:1: syntax: found \"a{\"; a brace needs a blank before it"));
    CHECK(read("a { b 1}\n").starts_with("m:1: syntax: found \"1}\"; a brace needs a blank"));
    CHECK(read("a ${HOMELESS_SF:-x}") == "a=x@1");
}

TEST_CASE("a comment that sticks to a word is an error, so that no value is cut off in silence")
{
    CHECK(
        read("a 1\nb tcp://h:1;DESTINATION \n") ==
        "m:2: syntax: found \";DESTINATION\" right after \"tcp://h:1\"; a comment needs a blank before it, a "
        "value with \";\" quotes around it\n");
    CHECK(
        read("a;x 1").starts_with("m:1: syntax: found \";x 1\" right after \"a\"; a comment needs a blank"));
    CHECK(read("a \"1\";comment\nb ;comment\nc \"2;3\"\nd { };comment\n") == "a=1@1 b@2 c=2;3@3 d@4()");
}

TEST_CASE("malformed strings and escapes are reported with their line")
{
    CHECK(read("a 1\nb \"open\n").starts_with("m:2: syntax: a string is not closed"));
    CHECK(read("a \\q\n").starts_with("m:1: syntax: unknown escape in \"\\q\""));
    CHECK(read("a \"x\" \\\nb").starts_with("m:2: syntax: expected another string in quotes"));
    CHECK(read("a \"x\" \\\n").starts_with("m:1: syntax: the file ends after \"\\\""));
    CHECK(read("a \"x\" \\ b").starts_with("m:1: syntax: expected the end of the line after \"\\\""));
}

TEST_CASE("several syntax errors are reported in one run")
{
    const std::string errors = read("#x\na \\q\nb{\n");
    CHECK(errors.find("m:1:") == 0);
    CHECK(errors.find("\nm:2:") != std::string::npos);
    CHECK(errors.find("\nm:3:") != std::string::npos);
}

TEST_CASE("deep nesting is an error and no crash")
{
    std::string text;
    for (int i = 0; i < 100000; ++i)
    {
        text += "a\n{\n";
    }
    CHECK(read(text) == "m:66: syntax: blocks are nested more than 32 deep\n");
}

TEST_CASE("what is not text is refused with its line")
{
    CHECK(read("") == "m: is empty; a manifest starts with \"spaceframe 1\"\n");
    CHECK(read(" \n\t\r\n") == "m: is empty; a manifest starts with \"spaceframe 1\"\n");
    CHECK(read(std::string("a 1\n\0b", 6)).starts_with("m:2: is not text: byte 0x00"));
    CHECK(read("\x7F"
               "ELF\x02\x01\x01")
              .starts_with("m:1: is not text: byte 0x7f"));
    for (const char* malformed : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                                  "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xFF", "\xE2\x82"})
    {
        CAPTURE(malformed);
        CHECK(read("a\nb\n" + std::string(malformed)).starts_with("m:3: is not text: byte 0x"));
    }
}
