package io.hazelgate.engine.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PayloadTest {
    private static final String FIRST =
            "{'eventType':'T','eventVersion':1,'aggregateId':'a','timestamp':'1','metadata':{'data':1},'data':{'n':[1,'}']}}";

    @ParameterizedTest(name = "{0}: {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "the same | true | {'eventType':'T','eventVersion':1,'aggregateId':'a','timestamp':'1','metadata':{'data':1},'data':{'n':[1,'}']}}",
                "sent again | true | {'eventType':'T','eventVersion':1,'aggregateId':'a','timestamp':'22','metadata':{'data':2},'data':{'n':[1,'}']}}",
                "spaced | true | { 'data' : {'n':[1,'}']} , 'eventVersion' : 1, 'eventType':'T' ,'aggregateId':'a' }",
                "other data | false | {'eventType':'T','eventVersion':1,'aggregateId':'a','metadata':{'data':1},'data':{'n':[1,']']}}",
                "longer data | false | {'eventType':'T','eventVersion':1,'aggregateId':'a','data':{'n':[1,'}']},'data':{'n':[1,'}'],'m':1}}",
                "other type | false | {'eventType':'U','eventVersion':1,'aggregateId':'a','data':{'n':[1,'}']}}",
                "other version | false | {'eventType':'T','eventVersion':12,'aggregateId':'a','data':{'n':[1,'}']}}",
                "no data | false | {'eventType':'T','eventVersion':1,'aggregateId':'a'}",
                "no end | false | {'eventType':'T','eventVersion':1,'aggregateId':'a','data':{'n':[1,'}']}",
                "no string's end | false | {'eventType':'T','eventVersion':1,'aggregateId':'a','data':'",
                "a name alone | false | {'eventType'",
                "no value | false | {'eventType':",
                "no object | false | []",
                "nothing | false | ``",
            })
    void tellsAnEventThatIsSentAgainFromAnother(String what, boolean same, String other) {
        assertEquals(same, Entries.haveSamePayload(json(FIRST), json(other)), what);
        assertEquals(same, Entries.haveSamePayload(json(other), json(FIRST)), what);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"{'data':", "[1]", "``"})
    void whatIsNoEnvelopeIsTheSameAsItself(String text) {
        assertEquals(true, Entries.haveSamePayload(json(text), json(text)));
    }

    private static byte[] json(String text) {
        return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }
}
