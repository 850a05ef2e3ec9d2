package io.hazelgate.engine.wire;

import java.util.List;

/**
 * One claim that a run asks for, or gives back.
 *
 * @param claim what the claim is called, {@link Names#claimOf}
 * @param map the map that has the entry
 * @param key the entry's key
 * @param version the version that the entry must have
 * @param holders the keys of the events, in {@code pending-events}
 * @param json the claim; null gives back what these holders have
 */
public record ClaimRequest(String claim, String map, String key, long version, List<String> holders, byte[] json) {
    public static ClaimRequest release(String claim, List<String> holders) {
        return new ClaimRequest(claim, null, null, 0, holders, null);
    }
}
