#include "outline.hpp"

#include <doctest/doctest.h>

#include <string>

namespace
{

std::string read(std::string text)
{
    return outline::read(std::move(text), spaceframe::ManifestForm::xml);
}

// The same of what is in the root, which begins in line 1.
std::string read_inside(const std::string& text)
{
    return read("<manifest>" + text + "</manifest>");
}

std::string error(const std::string& place, const std::string& text)
{
    return "m:" + place + ": " + text + "\n";
}

} // namespace

TEST_CASE("XML: elements and attributes are keys, and each knows its line")
{
    CHECK(read("<?xml version='1.0' encoding='utf-8'?>\n<!-- c -->\n<manifest a='1'\n b=\"2\">\n"
               "<c>\n<d>3</d><e\nf='4'/>\n</c>\n</manifest>\n<!-- d -->\n") ==
          "a=1@3 b=2@4 c@5(d=3@6 e@6(f=4@7))");
    CHECK(read("<manifest/>").empty());
    CHECK(read("<manifest></manifest >").empty());
}

TEST_CASE("XML: elements may be repeated, and attributes come first")
{
    CHECK(read_inside("<a b='1'><c>2</c><b>3</b><b>4</b></a>") == "a@1(b=1@1 c=2@1 b=3@1 b=4@1)");
}

TEST_CASE("XML: an element with nothing in it is an empty value and an empty block")
{
    CHECK(read_inside("<a/><b></b><c> \n</c><d><!-- x --></d><e f=''/>") ==
          "a=@1() b=@1() c=@1() d=@2() e@2(f=@2)");
}

TEST_CASE("XML: blanks around a text do not belong to it, those in an attribute do")
{
    CHECK(read_inside("<a>\n  x  y\n</a><b c=' z '/><d>&#32;</d>") == "a=x  y@1 b@3(c= z @3) d=@3");
}

TEST_CASE("XML: comments may stand anywhere between tags")
{
    CHECK(read_inside("<!-- <x> & -->\n<a>1<!-- c\n -->2</a><!-- --><b>3</b>") == "a=12@2 b=3@3");
    CHECK(read_inside("<!-- a -- b -->") ==
          error("1: syntax: column 18", "found \"--\" in a comment, expected it at the end only"));
    CHECK(read("<manifest>\n<!-- a") ==
          error("2: syntax: column 1", "a comment is never closed; expected \"-->\""));
}

TEST_CASE("XML: the five entities and characters by number are resolved, others refused")
{
    CHECK(read_inside("<a b='&quot;&#xE9;'>&lt;</a>") == "a=<@1(b=\"é@1)");
    CHECK(read_inside("<a>&amp;&lt;&gt;&quot;&apos;&#233;&#x20AC;&#x1F600;</a>") == "a=&<>\"'é€😀@1");
    for (const char* wrong : {"&", "& ", "&nbsp;", "&lol9;", "&#;", "&#x;", "&#0;", "&#1;", "&#12a;",
                              "&#xD800;", "&#x110000;", "&#99999999999;", "&#-1;", "&amp", "&#xg;"})
    {
        CAPTURE(wrong);
        CHECK(
            read_inside("<a>\né" + std::string(wrong) + "</a>").starts_with("m:2: syntax: column 2: found "));
        CHECK(
            read_inside("<a b='" + std::string(wrong) + "'/>").starts_with("m:1: syntax: column 17: found "));
    }
    CHECK(read_inside("<a>&nbsp;</a>") ==
          error("1: syntax: column 14", "found \"&nbsp;\", expected one of &amp; &lt; &gt; &quot; &apos; or "
                                        "the number of a character such as &#10;"));
}

TEST_CASE("XML: document types, external entities, CDATA and processing instructions are refused")
{
    const std::string refused = "found \"<!\": document types and entities are not allowed";
    CHECK(read("<!DOCTYPE manifest [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n"
               "<manifest>&x;</manifest>") == error("1: syntax: column 1", refused));
    CHECK(read_inside("\n <!ENTITY x 'y'>") == error("2: syntax: column 2", refused));
    CHECK(read_inside("<a><![CDATA[x]]></a>") ==
          error("1: syntax: column 14", "found CDATA, expected text with &lt; and &amp; in it"));
    CHECK(read("\n<?xml version='1.0'?><manifest/>").starts_with("m:2: syntax: column 1: found \"<?\": "));
    CHECK(read_inside("<?include x?>").starts_with("m:1: syntax: column 11: found \"<?\": processing"));
    CHECK(read("<?xml-stylesheet?><manifest/>").starts_with("m:1: syntax: column 1: found \"<?\": "));
}

TEST_CASE("XML: the declaration says version 1.0 and UTF-8")
{
    CHECK(read("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><manifest/>").empty());
    CHECK(read("<?xml version='1.0' encoding='latin1'?><manifest/>") ==
          error("1: syntax: column 21", "found encoding \"latin1\" in the XML declaration, expected version "
                                        "1.0 and encoding UTF-8"));
    CHECK(
        read("<?xml version='1.1'?><manifest/>").starts_with("m:1: syntax: column 7: found version \"1.1\""));
    CHECK(read("<?xml version='1.0'>").starts_with("m:1: syntax: column 20: found \">\", expected version"));
}

TEST_CASE("XML: line breaks may be CRLF, and a byte order mark and text of any script are fine")
{
    CHECK(
        read(
            "\xEF\xBB\xBF<manifest>\r\n<grüße>日本</grüße>\r\n<a ключ='é 😀'/>\r\n<b>x\r\ny</b></manifest>") ==
        "grüße=日本@2 a@3(ключ=é 😀@3) b=x\ny@4");
    CHECK(read("<manifest>\r\n<grüße>日本</a>") ==
          error("2: syntax: column 10", "found \"</a>\", expected \"</grüße>\": line 2 opened it"));
}

TEST_CASE("XML: tags have to match, and one element <manifest> is around all")
{
    CHECK(read("<manifest>\n<a>\n<b></a>") ==
          error("3: syntax: column 4", "found \"</a>\", expected \"</b>\": line 3 opened it"));
    CHECK(read("<manifest>\n<a>\n") ==
          error("2: syntax", "the element \"a\" is never closed; expected \"</a>\""));
    CHECK(read("</a>") == error("1: syntax: column 1", "found \"</a>\" without an element to close"));
    CHECK(read("<config/>") ==
          error("1: syntax: column 1",
                "found the element \"config\", expected one element <manifest> around all others"));
    CHECK(read("<manifest/>\n<manifest/>")
              .starts_with("m:2: syntax: column 1: found the element \"manifest\""));
    CHECK(read("<!-- c -->") ==
          error("1: syntax: column 11", "found the end of the file, expected the element <manifest>"));
    CHECK(read("<manifest/>x") ==
          error("1: syntax: column 12", "found \"x\", expected nothing but the element <manifest>"));
}

TEST_CASE("XML: text between elements is refused")
{
    CHECK(read_inside("\n<a/> x") == error("2: syntax: column 6", "found \"x\", expected an element"));
    // The checker refuses a value beside a block.
    CHECK(read_inside("<a>x<b>1</b>y</a>") == "a=xy@1(b=1@1)");
}

TEST_CASE("XML: what is malformed is reported where it is")
{
    CHECK(
        read_inside("<a b/>").starts_with("m:1: syntax: column 15: found \"/\", expected \"=\" and a value"));
    CHECK(read_inside("<a b=1/>") ==
          error("1: syntax: column 16", "found \"1\", expected a value in quotes"));
    CHECK(
        read_inside("<a b='1\n'/>") ==
        error("1: syntax: column 18", "a value is not closed; expected a quote before the end of the line"));
    CHECK(read_inside("<a b='<'/>")
              .starts_with("m:1: syntax: column 17: found \"<\" in the value of an attribute"));
    CHECK(read_inside("<a b='1'c='2'/>") ==
          error("1: syntax: column 19", "found \"c\", expected a blank, \"/>\" or \">\""));
    CHECK(read_inside("<a !/>") ==
          error("1: syntax: column 14", "found \"!\", expected the name of an attribute, \"/>\" or \">\""));
    CHECK(read_inside("< a/>").starts_with(
        "m:1: syntax: column 12: found a blank, expected the name of an el"));
    CHECK(
        read_inside("<1a/>").starts_with("m:1: syntax: column 12: found \"1a\", expected the name of an el"));
    CHECK(read_inside("</a").starts_with("m:1: syntax: column 14: found \"<\", expected \">\""));
    CHECK(read_inside("<a>\v</a>").starts_with("m:1: syntax: column 14: found a control character"));
    CHECK(read_inside("<a b='\f'/>").starts_with("m:1: syntax: column 17: found a control character"));
    CHECK(
        read("<manifest").starts_with("m:1: syntax: column 10: found the end of the file, expected a blank"));
    CHECK(read("<manifest a='").starts_with("m:1: syntax: column 14: a value is not closed"));
}

TEST_CASE("XML: an attribute that is given twice is an error")
{
    CHECK(read_inside("<a b='1'\nb='2'><b>3</b></a>") ==
          "a@1(b=1@1 b=@2 b=3@2)\n"
          "m:2: a.b: given twice, expected once; line 1 gave it first; what may be repeated is an element in "
          "XML\n");
}

TEST_CASE("XML: deep nesting is an error and no crash")
{
    std::string text = "<manifest>";
    for (int i = 0; i < 500000; ++i)
    {
        text += "<a>\n";
    }
    CHECK(read(text) == error("34: syntax: column 1", "blocks are nested more than 32 deep"));
    std::string allowed = "1";
    for (int i = 0; i < 33; ++i)
    {
        allowed = "<a>" + allowed + "</a>";
    }
    CHECK(read_inside(allowed).starts_with("a@1("));
    CHECK(read_inside("<a>" + allowed + "</a>").find("nested more than 32 deep") != std::string::npos);
}
