package io.costops.infra.books;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The id of a case that can't be read as a whole, so that its rejection still says which one it is. */
final class CaseId {
    private static final JsonFactory JSON = new JsonFactory();

    private CaseId() {}

    /** The text or number called {@code id} at the top of what can be read; null if there is none. */
    static @Nullable String of(byte[] line) {
        try (JsonParser json = JSON.createParser(line)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean id = json.currentName().equals("id");
                JsonToken value = json.nextToken();
                if (id && (value == JsonToken.VALUE_STRING || value == JsonToken.VALUE_NUMBER_INT)) {
                    String text = json.getText();
                    return text.isEmpty() ? null : text;
                }
                json.skipChildren();
            }
            return null;
        } catch (IOException unreadable) {
            return null;
        }
    }
}
