package io.hazelgate.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.hazelcast.internal.json.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is copied of an entry is what the API allows in its place; of the rest, nothing is. */
class SelectionTest {
    private static final String ODD = "odd";

    /** What is selected of an entry; {@link #ODD} where it is not as it should be. */
    private static String selected(String selection, String entry) {
        AnswerBytes answer = new AnswerBytes();
        boolean fine = new Selection(Json.parse(selection).asArray())
                .copyEntry(entry == null ? null : entry.getBytes(StandardCharsets.UTF_8), 0, answer);
        return fine ? answer.toString(StandardCharsets.UTF_8) : ODD;
    }

    private static String value(String kind, String value) {
        String entry = "{\"_meta\":{\"version\":1}" + (value.isEmpty() ? "" : ",\"x\": " + value) + " }";
        String found = selected("[[\"x\"," + kind + "]]", entry);
        return found.equals(ODD) ? ODD : found.substring("{\"x\":".length(), found.length() - 1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`text`|`\"a\"`",
                "`text`|`\"\\n\\u00e9 \\\\ \\\"\"`",
                "`text`|`\"\"`",
                "`boolean`|`true`",
                "`boolean`|`false`",
                "`int`|`0`",
                "`int`|`2147483647`",
                "`int`|`-2147483648`",
                "`long`|`999999999999999999`",
                "`long`|`1.5`",
                "`float`|`-0.25`",
                "`float`|`1.0`",
                "`float`|`9007199254740991.0`",
                "`float`|`1e15`",
            })
    void aValueOfItsKindIsCopied(String kind, String text) {
        assertEquals(text, value('"' + kind + "\",false", text));
        assertEquals(text, value('"' + kind + "\",true", text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`text`|`1`",
                "`text`|`\"\\ud83d\"`",
                "`text`|`null`",
                "`text`|``",
                "`text`|`[\"a\"]`",
                "`boolean`|`1`",
                "`boolean`|`\"true\"`",
                "`int`|`2147483648`",
                "`int`|`-2147483649`",
                "`int`|`99999999999`",
                "`int`|`1.0`",
                "`int`|`1e2`",
                "`int`|`true`",
                "`int`|`\"1\"`",
                "`long`|`9223372036854775808`",
                "`long`|`{}`",
                "`float`|`1`",
                "`float`|`9007199254740992.0`",
                "`float`|`1e300`",
                "`float`|`\"1.5\"`",
                "`float`|`true`",
            })
    void anythingElseIsOdd(String kind, String text) {
        assertEquals(ODD, value('"' + kind + "\",false", text));
    }

    @Test
    void nullAndWhatIsNotThereIsNullWhereThatIsAllowed() {
        for (String kind : new String[] {
            "\"text\",true",
            "\"int\",true",
            "\"list\",true,[\"int\",false]",
            "\"object\",true,[]",
            "\"enum\",true,[\"A\"]"
        }) {
            assertEquals("null", value(kind, "null"));
            assertEquals("null", value(kind, ""));
            assertEquals(ODD, value(kind.replace("true", "false"), "null"));
            assertEquals(ODD, value(kind.replace("true", "false"), ""));
        }
    }

    @Test
    void anEnumIsOneOfItsValues() {
        assertEquals("\"B\"", value("\"enum\",false,[\"A\",\"B\"]", "\"B\""));
        assertEquals(ODD, value("\"enum\",false,[\"A\",\"B\"]", "\"C\""));
        assertEquals(ODD, value("\"enum\",false,[\"A\",\"B\"]", "\"AB\""));
    }

    @Test
    void aListIsAsItsItemsAre() {
        String list = "\"list\",false,[\"list\",true,[\"int\",false]]";
        assertEquals("[]", value(list, "[ ]"));
        assertEquals("[[1,2],null,[]]", value(list, "[[1, 2], null, [ ]]"));
        assertEquals(ODD, value(list, "[[1,null]]"));
        assertEquals(ODD, value(list, "[1]"));
        assertEquals(ODD, value(list, "{}"));
    }

    @Test
    void fieldsComeInTheOrderOfTheSelection() {
        String selection =
                "[[\"__typename\",\"constant\",false,\"T\"],[\"b\",\"object\",false,[[\"d\",\"int\",false],[\"c\",\"int\",true]]],"
                        + "[\"a\",\"text\",false]]";
        String entry = "{\"_meta\":{},\"a\":\"}\",\"more\":{\"a\":1},\"b\":{\"c\":1,\"e\":[{}],\"d\":2}}";
        assertEquals("{\"__typename\":\"T\",\"b\":{\"d\":2,\"c\":1},\"a\":\"}\"}", selected(selection, entry));
    }

    @Test
    void anEntryThatReadersDoNotFindIsNull() {
        String selection = "[[\"a\",\"text\",false]]";
        assertEquals("null", selected(selection, null));
        assertEquals("null", selected(selection, "{\"_meta\":{\"version\":3,\"absent\":true}}"));
        assertEquals(ODD, selected(selection, "{\"_meta\":{\"version\":3,\"absent\":false}}"));
        assertEquals(ODD, selected(selection, "{\"a\":\"x\",\"_meta\":{}}"));
        assertEquals(ODD, selected(selection, "{\"_meta\":{\"version\":3"));
        assertEquals(ODD, selected(selection, "[]"));
    }

    @Test
    void aSelectionIsMadeOnce() {
        String text = "[[\"a\",\"text\",false]]";
        assertEquals(Selection.of(text), Selection.of(text));
        for (int i = 0; i < 300; i++) {
            Selection.of("[[\"a" + i + "\",\"text\",false]]");
        }
        assertThrows(IllegalArgumentException.class, () -> Selection.of("[[\"a\",\"moment\",false]]"));
    }
}
