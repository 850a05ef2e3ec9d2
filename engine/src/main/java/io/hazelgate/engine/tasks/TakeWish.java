package io.hazelgate.engine.tasks;

import com.hazelcast.internal.json.JsonObject;
import io.hazelgate.engine.live.Wish;
import io.hazelgate.engine.live.Wishes;
import io.hazelgate.engine.network.Deadline;
import io.hazelgate.engine.network.Task.Answerer;
import io.hazelgate.engine.wire.Json;

/** Takes what a gateway wants of the events that this member tells. */
public record TakeWish(Wishes wishes) implements Answerer {
    @Override
    public byte[] answer(byte[] request, Deadline deadline) {
        JsonObject json = Json.object(request);
        wishes.put(json.getString("gateway", ""), Wish.of(json));
        return Json.bytes(new JsonObject());
    }
}
