package io.hazelgate.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.hazelcast.internal.json.Json;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntryFilterTest {
    private static final String ENTRY =
            "{\"status\":\"PENDING\",\"total\":\"9.90\",\"customer\":{\"name\":\"Ada Lovelace\"},\"stock\":12,\"note\":null}";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            {"path":"status","op":"eq","value":"PENDING"}                           | true
            {"path":"status","op":"eq","value":"CONFIRMED"}                         | false
            {"path":"status","op":"in","value":["CONFIRMED","PENDING"]}             | true
            {"path":"status","op":"in","value":[]}                                  | false
            {"path":"total","op":"lt","value":"10.00","as":"decimal"}               | true
            {"path":"total","op":"lt","value":"10.00"}                              | false
            {"path":"total","op":"ge","value":"9.9","as":"decimal"}                 | true
            {"path":"total","op":"le","value":"9.89","as":"decimal"}                | false
            {"path":"stock","op":"gt","value":"9","as":"decimal"}                   | true
            {"path":"customer.name","op":"contains","value":"LOVE","as":"text"}     | true
            {"path":"customer.name","op":"contains","value":"LOVE"}                 | false
            {"path":"customer.email","op":"eq","value":"x"}                         | false
            {"path":"note","op":"eq","value":"x"}                                   | false
            {"path":"status.deeper","op":"eq","value":"x"}                          | false
            """)
    void aConditionHoldsOrNot(String condition, boolean expected) {
        EntryFilter filter = EntryFilter.parse(Json.parse(condition).asObject());
        assertEquals(expected, filter.matches(Json.parse(ENTRY).asObject()));
    }
}
