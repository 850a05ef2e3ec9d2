package io.hazelgate.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hazelgate.engine.wire.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EntryFilterTest {
    private static final String ENTRY =
            """
            {"_meta":{"version":1},"status":"PENDING","total":"9.90","customer":{"name":"Ada Lovelace","vip":true},
            "stock":12,"at":"2026-01-02T04:04:05+01:00","ratio":-1.5e-1,"note":null,"open":false,"quote":"say \\"hi\\" \\\\ \\u00e4","city":"STRASSE ΟΔΥΣΣΕΥΣ",
            "high":"🦊","low":"\uffee",
            "items":[{"sku":"a","amount":2,"tags":["x"]},{"sku":"b","amount":"10.0","tags":[]},{"sku":null}],"empty":[],"tags":["one","two"]}""";

    private static boolean matches(String filter) {
        byte[] bytes = ("…" + ENTRY).getBytes(StandardCharsets.UTF_8);
        return EntryFilter.parse(Json.object(filter.getBytes(StandardCharsets.UTF_8)))
                .matches(bytes, "…".getBytes(StandardCharsets.UTF_8).length);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            {"path":["status"],"op":"eq","value":"PENDING","as":"text"}                           | true
            {"path":["status"],"op":"eq","value":"PENDING"}                                       | true
            {"path":["status"],"op":"eq","value":"CONFIRMED"}                                     | false
            {"path":["status"],"op":"ne","value":"CONFIRMED"}                                     | true
            {"path":["status"],"op":"ne","value":"PENDING"}                                       | false
            {"path":["status"],"op":"in","value":["CONFIRMED","PENDING"]}                         | true
            {"path":["status"],"op":"in","value":[]}                                              | false
            {"path":["status"],"op":"gt","value":"PEN"}                                           | true
            {"path":["status"],"op":"gt","value":"PENDING"}                                       | false
            {"path":["status"],"op":"gte","value":"PENDING"}                                      | true
            {"path":["status"],"op":"lt","value":"PENDING"}                                       | false
            {"path":["status"],"op":"lte","value":"PENDING"}                                      | true
            {"path":["status"],"op":"startsWith","value":"PEND"}                                  | true
            {"path":["status"],"op":"startsWith","value":"END"}                                   | false
            {"path":["status"],"op":"startsWith","value":""}                                      | true
            {"path":["status"],"op":"contains","value":"END"}                                     | true
            {"path":["status"],"op":"contains","value":"end"}                                     | false
            {"path":["status"],"op":"contains","value":""}                                        | true
            {"path":["high"],"op":"gt","value":"\uffee"}                                         | true
            {"path":["low"],"op":"lt","value":"🦊"}                                               | true
            {"path":["quote"],"op":"eq","value":"say \\"hi\\" \\\\ ä"}                            | true
            {"path":["quote"],"op":"contains","value":"\\" \\\\"}                                 | true
            """)
    void textsCompareByTheirCharacters(String filter, boolean expected) {
        assertEquals(expected, matches(filter));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            {"path":["customer","name"],"op":"eq","value":"aDA LOVElace","as":"folded"}           | true
            {"path":["customer","name"],"op":"contains","value":"LOVE","as":"folded"}             | true
            {"path":["customer","name"],"op":"startsWith","value":"ADA ","as":"folded"}           | true
            {"path":["city"],"op":"startsWith","value":"straße","as":"folded"}                    | true
            {"path":["city"],"op":"contains","value":"οδυσσευς","as":"folded"}                    | true
            {"path":["city"],"op":"in","value":["x","straße οδυσσευσ"],"as":"folded"}             | true
            {"path":["city"],"op":"contains","value":"straße","as":"text"}                        | false
            """)
    void foldedTextsCompareWithoutRegardToCase(String filter, boolean expected) {
        assertEquals(expected, matches(filter));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            {"path":["total"],"op":"lt","value":"10.00","as":"number"}                            | true
            {"path":["total"],"op":"lt","value":10,"as":"number"}                                 | true
            {"path":["total"],"op":"lt","value":"10.00"}                                          | false
            {"path":["total"],"op":"eq","value":9.9,"as":"number"}                                | true
            {"path":["total"],"op":"gte","value":"9.9","as":"number"}                             | true
            {"path":["total"],"op":"lte","value":"9.89","as":"number"}                            | false
            {"path":["total"],"op":"in","value":[1,"9.900"],"as":"number"}                        | true
            {"path":["stock"],"op":"gt","value":"9","as":"number"}                                | true
            {"path":["stock"],"op":"eq","value":"1.2e1","as":"number"}                            | true
            {"path":["stock"],"op":"eq","value":12}                                               | false
            {"path":["ratio"],"op":"eq","value":"-0.15","as":"number"}                            | true
            {"path":["status"],"op":"gt","value":0,"as":"number"}                                 | false
            {"path":["status"],"op":"lte","value":0,"as":"number"}                                | false
            {"path":["stock"],"op":"gt","value":"much","as":"number"}                             | false
            {"path":["stock"],"op":"lt","value":"1e10001","as":"number"}                          | false
            {"path":["stock"],"op":"startsWith","value":"1","as":"number"}                        | false
            {"path":["open"],"op":"eq","value":0,"as":"number"}                                   | false
            """)
    void numbersCompareExactlyHoweverTheyAreWritten(String filter, boolean expected) {
        assertEquals(expected, matches(filter));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            {"path":["open"],"op":"eq","value":false,"as":"boolean"}                              | true
            {"path":["customer","vip"],"op":"eq","value":true,"as":"boolean"}                     | true
            {"path":["customer","vip"],"op":"eq","value":false,"as":"boolean"}                    | false
            {"path":["customer","vip"],"op":"in","value":[false,true],"as":"boolean"}             | true
            {"path":["status"],"op":"eq","value":true,"as":"boolean"}                             | false
            """)
    void booleansCompare(String filter, boolean expected) {
        assertEquals(expected, matches(filter));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            {"path":["at"],"op":"eq","value":"2026-01-02T03:04:05.000000Z","as":"instant"}        | true
            {"path":["at"],"op":"lt","value":"2026-01-02T03:04:05.000001Z","as":"instant"}        | true
            {"path":["at"],"op":"in","value":["2026-01-02T03:04:05Z"],"as":"instant"}             | true
            {"path":["at"],"op":"gt","value":"2026-01-02T05:04:04.999999+02:00","as":"instant"}   | true
            {"path":["at"],"op":"gt","value":"soon","as":"instant"}                               | false
            {"path":["status"],"op":"lt","value":"2026-01-02T03:04:05.000000Z","as":"instant"}    | false
            {"path":["stock"],"op":"lt","value":"2026-01-02T03:04:05.000000Z","as":"instant"}     | false
            """)
    void instantsCompareWhateverOffsetTheyAreWrittenWith(String filter, boolean expected) {
        assertEquals(expected, matches(filter));
    }

    @ParameterizedTest
    @ValueSource(strings = {"note", "nowhere", "status\",\"deeper", "items\",\"sku", "customer\",\"email"})
    void aComparisonWithWhatIsNotThereIsFalseAndItsNegationTrue(String path) {
        for (String operator : new String[] {"eq", "gt", "gte", "lt", "lte", "startsWith", "contains"}) {
            String comparison = "{\"path\":[\"" + path + "\"],\"op\":\"" + operator + "\",\"value\":\"\"}";
            assertEquals(false, matches(comparison), comparison);
            assertEquals(true, matches("{\"not\":" + comparison + "}"), comparison);
        }
        assertTrue(matches("{\"path\":[\"" + path + "\"],\"op\":\"ne\",\"value\":\"x\"}"));
        assertTrue(matches("{\"path\":[\"" + path + "\"],\"op\":\"isNull\",\"value\":true}"));
        assertEquals(false, matches("{\"path\":[\"" + path + "\"],\"op\":\"isNull\",\"value\":false}"));
    }

    @Test
    void whatIsThereIsNotNull() {
        for (String path : new String[] {"status", "open", "stock", "empty", "customer"}) {
            assertTrue(matches("{\"path\":[\"" + path + "\"],\"op\":\"isNull\",\"value\":false}"), path);
            assertEquals(false, matches("{\"path\":[\"" + path + "\"],\"op\":\"isNull\",\"value\":true}"), path);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            {"path":["items"],"some":{"path":["sku"],"op":"eq","value":"b"}}                      | true
            {"path":["items"],"some":{"path":["sku"],"op":"eq","value":"c"}}                      | false
            {"path":["items"],"every":{"path":["sku"],"op":"isNull","value":false}}               | false
            {"path":["items"],"every":{"path":["sku"],"op":"ne","value":"c"}}                     | true
            {"path":["items"],"none":{"path":["sku"],"op":"eq","value":"c"}}                      | true
            {"path":["items"],"none":{"path":["amount"],"op":"gt","value":5,"as":"number"}}       | false
            {"path":["items"],"some":{"and":[{"path":["sku"],"op":"eq","value":"a"},{"path":["amount"],"op":"gt","value":5,"as":"number"}]}} | false
            {"path":["items"],"some":{"and":[{"path":["sku"],"op":"eq","value":"b"},{"path":["amount"],"op":"gt","value":5,"as":"number"}]}} | true
            {"path":["items"],"every":{"path":["tags"],"none":{"path":["x"],"op":"isNull","value":false}}} | true
            {"path":["tags"],"some":{"path":[],"op":"eq","value":"two"}}                          | true
            {"path":["tags"],"every":{"path":[],"op":"contains","value":"o"}}                     | true
            {"path":["tags"],"none":{"path":[],"op":"eq","value":"two"}}                          | false
            {"path":["empty"],"some":{"path":["sku"],"op":"isNull","value":true}}                 | false
            {"path":["empty"],"every":{"path":["sku"],"op":"eq","value":"c"}}                     | true
            {"path":["empty"],"none":{"path":["sku"],"op":"eq","value":"c"}}                      | true
            {"path":["nowhere"],"some":{"path":["sku"],"op":"isNull","value":true}}               | false
            {"path":["note"],"every":{"path":["sku"],"op":"eq","value":"c"}}                      | true
            {"path":["status"],"none":{"path":["sku"],"op":"eq","value":"c"}}                     | true
            """)
    void quantifiersAreAboutTheItemsOfAList(String filter, boolean expected) {
        assertEquals(expected, matches(filter));
    }

    @Test
    void treesAreNested() {
        String pending = "{\"path\":[\"status\"],\"op\":\"eq\",\"value\":\"PENDING\"}";
        String none = "{\"path\":[\"status\"],\"op\":\"in\",\"value\":[]}";
        assertTrue(matches("{\"and\":[]}"));
        assertEquals(false, matches("{\"or\":[]}"));
        assertTrue(matches("{\"and\":[" + pending + "," + pending + "]}"));
        assertEquals(false, matches("{\"and\":[" + pending + "," + none + "]}"));
        assertTrue(matches("{\"or\":[" + none + "," + pending + "]}"));
        assertEquals(false, matches("{\"or\":[" + none + "," + none + "]}"));
        assertTrue(matches("{\"not\":{\"or\":[" + none + ",{\"not\":" + pending + "}]}}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"path\":[]}",
                "{\"op\":\"eq\",\"value\":\"b\"}",
                "{\"path\":[\"a\"]}",
                "{\"path\":[\"a\"],\"op\":\"like\",\"value\":\"b\"}",
                "{\"path\":[\"a\"],\"op\":\"EQ\",\"value\":\"b\"}",
                "{\"path\":[\"a\"],\"op\":\"eq\",\"value\":\"b\",\"as\":\"colour\"}"
            })
    void whatIsNoFilterIsRefused(String filter) {
        assertThrows(IllegalArgumentException.class, () -> matches(filter));
    }
}
