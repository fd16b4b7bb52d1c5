#include "fake_plugins.hpp"

#include <doctest/doctest.h>
#include <framework/manifest/explain.hpp>
#include <framework/manifest/reader.hpp>

#include <stdlib.h>

using fake_plugins::check;
using spaceframe::ManifestForm;
using namespace spaceframe::manifest;

namespace
{

constexpr const char* info = R"(spaceframe 1
kernel { threads 2 spin 5us }
plugins { search . search .. }
policies
{
    budget { role backpressure use semaphore bytes 64MiB }
    steady { role reconnect use exponential initial 200ms jitter 10% }
}
sockets
{
    größe
    {
        pattern router
        bind ${SF_TEST_FRONT:-tcp://127.0.0.1:5555}
        bind ipc://run/x
        connect { endpoint tcp://h:1 send_hwm 7 recv_hwm_bytes 3MiB protocol plain reconnect steady }
        backpressure budget
        identity "a <b> & \"c\" $${X}"
        send_hwm 5
        immediate true
        router_mandatory on
    }
    back { pattern dealer connect { endpoint ipc:///x reconnect_ivl 5ms } connect tcp://h:2 identity "" }
}
proxies { p { front größe back back } }
)";

constexpr const char* json = R"({
    "spaceframe": 1,
    "kernel": {"threads": 2, "spin": "5us"},
    "plugins": {"search": [".", ".."]},
    "policies": {
        "budget": {"role": "backpressure", "use": "semaphore", "bytes": "64MiB"},
        "steady": {"role": "reconnect", "use": "exponential", "initial": "200ms", "jitter": "10%"}
    },
    "sockets": {
        "gr\u00f6\u00dfe": {
            "pattern": "router",
            "bind": ["${SF_TEST_FRONT:-tcp://127.0.0.1:5555}", "ipc://run/x"],
            "connect": {"endpoint": "tcp://h:1", "send_hwm": 7, "recv_hwm_bytes": "3MiB",
                        "protocol": "plain", "reconnect": "steady"},
            "backpressure": "budget",
            "identity": "a <b> & \"c\" $${X}",
            "send_hwm": 5,
            "immediate": true,
            "router_mandatory": "on"
        },
        "back": {
            "pattern": "dealer",
            "connect": [{"endpoint": "ipc:///x", "reconnect_ivl": "5ms"}, "tcp://h:2"],
            "identity": ""
        }
    },
    "proxies": {"p": {"front": "größe", "back": "back"}}
})";

constexpr const char* xml = R"(<?xml version="1.0" encoding="UTF-8"?>
<!-- As elements -->
<manifest>
    <spaceframe>1</spaceframe>
    <kernel><threads>2</threads><spin>5us</spin></kernel>
    <plugins><search>.</search><search>..</search></plugins>
    <policies>
        <budget><role>backpressure</role><use>semaphore</use><bytes>64MiB</bytes></budget>
        <steady>
            <role>reconnect</role><use>exponential</use><initial>200ms</initial><jitter>10%</jitter>
        </steady>
    </policies>
    <sockets>
        <größe>
            <pattern>router</pattern>
            <bind>
                ${SF_TEST_FRONT:-tcp://127.0.0.1:5555}
            </bind>
            <bind>ipc://run/x</bind>
            <connect>
                <endpoint>tcp://h:1</endpoint>
                <send_hwm>7</send_hwm><recv_hwm_bytes>3MiB</recv_hwm_bytes><protocol>plain</protocol><reconnect>steady</reconnect>
            </connect>
            <backpressure>budget</backpressure>
            <identity>a &lt;b&gt; &amp; "c" $${X}</identity>
            <send_hwm>5</send_hwm>
            <immediate>true</immediate>
            <router_mandatory>on</router_mandatory>
        </größe>
        <back>
            <pattern>dealer</pattern>
            <connect><endpoint>ipc:///x</endpoint><reconnect_ivl>5ms</reconnect_ivl></connect>
            <connect>tcp://h:2</connect>
            <identity/>
        </back>
    </sockets>
    <proxies><p><front>größe</front><back>back</back></p></proxies>
</manifest>
)";

constexpr const char* attributes = R"(<manifest spaceframe="1">
    <kernel threads="2" spin='5us'/>
    <plugins><search>.</search><search>..</search></plugins>
    <policies>
        <budget role="backpressure" use="semaphore" bytes="64MiB"/>
        <steady role="reconnect" use="exponential" initial="200ms" jitter="10%"/>
    </policies>
    <sockets>
        <größe pattern="router" backpressure="budget" identity="a &lt;b> &amp; &quot;c&#x22; $${X}"
               send_hwm="5" immediate="true" router_mandatory="on"
               bind="${SF_TEST_FRONT:-tcp://127.0.0.1:5555}">
            <bind>ipc://run/x</bind>
            <connect endpoint="tcp://h:1" send_hwm="7" recv_hwm_bytes="3MiB" protocol="plain" reconnect="steady"/>
        </größe>
        <back pattern="dealer" identity="">
            <connect endpoint="ipc:///x" reconnect_ivl="5ms"/>
            <connect>tcp://h:2</connect>
        </back>
    </sockets>
    <proxies><p front="größe" back="back"/></proxies>
</manifest>
)";

std::string explained(const std::string& text, ManifestForm form)
{
    const auto outcome = check(text, form);
    CHECK(outcome.errors == std::vector<std::string>{});
    CHECK(outcome.warnings.empty());
    REQUIRE(outcome.description);
    return explain_text(*outcome.description) + explain_json(*outcome.description);
}

std::string with_crlf(std::string text)
{
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2))
    {
        text.replace(at, 1, "\r\n");
    }
    return text;
}

} // namespace

TEST_CASE("the three forms of a manifest lead to the same stack")
{
    for (const char* front : {"", "tcp://10.0.0.1:77"})
    {
        setenv("SF_TEST_FRONT", front, 1);
        const std::string expected = explained(info, ManifestForm::info);
        CHECK(expected.find(*front == '\0' ? "tcp://127.0.0.1:5555" : front) != std::string::npos);
        CHECK(explained(json, ManifestForm::json) == expected);
        CHECK(explained(xml, ManifestForm::xml) == expected);
        CHECK(explained(attributes, ManifestForm::xml) == expected);
    }
    unsetenv("SF_TEST_FRONT");
}

TEST_CASE("CRLF and a byte order mark change nothing, in any form")
{
    const std::string expected = explained(info, ManifestForm::info);
    for (const auto& [text, form] : {std::pair(info, ManifestForm::info), std::pair(json, ManifestForm::json),
                                     std::pair(xml, ManifestForm::xml)})
    {
        CHECK(explained("\xEF\xBB\xBF" + with_crlf(text), form) == expected);
    }
}

TEST_CASE("the form is what the file's extension says, else how the text begins")
{
    CHECK(form_of("a/b.info") == ManifestForm::info);
    CHECK(form_of("a/b.json") == ManifestForm::json);
    CHECK(form_of("a/b.XML") == ManifestForm::xml);
    CHECK(form_of("a.json/b") == ManifestForm::automatic);
    CHECK(form_of("/dev/stdin") == ManifestForm::automatic);
    CHECK(form_of_text(" \r\n{") == ManifestForm::json);
    CHECK(form_of_text("\t<manifest/>") == ManifestForm::xml);
    CHECK(form_of_text("spaceframe 1") == ManifestForm::info);
    CHECK(form_of_text("; {") == ManifestForm::info);
    CHECK(form_of_text("") == ManifestForm::info);
    for (const char* text : {info, json, xml})
    {
        CHECK(check(text, ManifestForm::automatic).description != nullptr);
    }
    CHECK(check(json, ManifestForm::info).errors.at(0).find("syntax") != std::string::npos);
}
