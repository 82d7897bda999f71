package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.costops.ingest.normalise.SourceKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;

/**
 * {@code POST /v1/events}: CloudEvents 1.0 in the three modes of their HTTP binding.
 *
 * <p>An event in JSON reaches the topic byte for byte; one in binary mode is put into the JSON form first.
 */
final class EventsRoute implements Route {
    private static final String STRUCTURED = "application/cloudevents+json";
    private static final String BATCHED = "application/cloudevents-batch+json";
    private static final String HEADER_PREFIX = "ce-";
    private static final List<String> REQUIRED = List.of("specversion", "id", "source", "type");
    private static final Set<String> BODY_ATTRIBUTES = Set.of("data", "datacontenttype");
    private static final Pattern ATTRIBUTE_NAME = Pattern.compile("[a-z0-9]{1,64}");
    private static final int MAX_ATTRIBUTES = 128;

    private final JsonBatch batch;
    private final Admission admission;

    EventsRoute(JsonBatch batch, Admission admission) {
        this.batch = batch;
        this.admission = admission;
    }

    @Override
    public String name() {
        return "/v1/events";
    }

    @Override
    public String contentTypes() {
        return STRUCTURED + ", " + BATCHED + ", or the headers ce-specversion, ce-id, ce-source and ce-type";
    }

    @Override
    public Optional<Dialect> dialect(HttpFields headers) {
        MediaType type = MediaType.of(headers);
        boolean json = type.value().equals(STRUCTURED) || type.value().equals(BATCHED);
        return (json && type.utf8()) || (!json && isBinary(headers))
                ? Optional.of(JsonDialect.INSTANCE)
                : Optional.empty();
    }

    /** A content type that names another event format, such as Avro, is structured mode too, and not taken. */
    private static boolean isBinary(HttpFields headers) {
        return headers.contains("ce-specversion")
                && !MediaType.of(headers).value().startsWith("application/cloudevents");
    }

    @Override
    public Decoded decode(Call call) {
        byte[] open = call.attribution().openEnvelope(SourceKind.CLOUDEVENTS.wireName());
        if (isBinary(call.headers())) {
            return binary(call, open);
        }
        boolean many = MediaType.of(call.headers()).value().equals(BATCHED);
        Decoded decoded = batch.decode(call, (index, body, from, length) -> {
            Optional<Fault> fault = required(index, body, from, length);
            return fault.isPresent() ? new Element.Refuse(fault.get()) : wrap(call, open, index, body, from, length);
        });
        if (!many && decoded instanceof Decoded.Batch found && found.elements().size() != 1) {
            return new Decoded.Refused(Problem.of(
                    HttpStatus.BAD_REQUEST_400,
                    "malformed-body",
                    STRUCTURED + " is one event, and the body holds "
                            + found.elements().size() + ": send several as an array with Content-Type: " + BATCHED));
        }
        return decoded;
    }

    private Element wrap(Call call, byte[] open, int index, byte[] body, int from, int length) {
        return admission.admit(
                index,
                Envelope.around(SourceKind.CLOUDEVENTS, open, call.attribution().idOf(index), body, from, length));
    }

    /** The attributes without which it is no CloudEvent. */
    private static Optional<Fault> required(int index, byte[] body, int from, int length) {
        Map<String, String> texts = new LinkedHashMap<>();
        try (JsonParser parser = StrictJson.FACTORY.createParser(body, from, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.of(Fault.malformed(index, "the event must be a JSON object"));
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (parser.nextToken() == JsonToken.VALUE_STRING && REQUIRED.contains(name)) {
                    texts.put(name, parser.getText());
                }
                parser.skipChildren();
            }
            if (parser.nextToken() != null) {
                return Optional.of(Fault.malformed(index, "the event has more text after its JSON object"));
            }
        } catch (IOException e) {
            return Optional.of(
                    Fault.malformed(index, StrictJson.field(e), "the event is not valid JSON: " + StrictJson.why(e)));
        }
        return missing(index, texts, "");
    }

    private static Optional<Fault> missing(int index, Map<String, String> attributes, String prefix) {
        for (String name : REQUIRED) {
            if (attributes.getOrDefault(name, "").isBlank()) {
                return Optional.of(Fault.invalid(
                        index, prefix + name, prefix + name + " is missing: CloudEvents 1.0 requires it"));
            }
        }
        String version = attributes.get("specversion");
        return "1.0".equals(version)
                ? Optional.empty()
                : Optional.of(Fault.invalid(
                        index,
                        prefix + "specversion",
                        prefix + "specversion must be 1.0, the version that is read here"));
    }

    private Decoded binary(Call call, byte[] open) {
        Map<String, String> attributes = new LinkedHashMap<>();
        for (HttpField field : call.headers()) {
            String name = field.getName().toLowerCase(Locale.ROOT);
            if (name.startsWith(HEADER_PREFIX)) {
                String attribute = name.substring(HEADER_PREFIX.length());
                Optional<String> value = percentDecoded(field.getValue() == null ? "" : field.getValue());
                if (!ATTRIBUTE_NAME.matcher(attribute).matches()
                        || value.isEmpty()
                        || value.get().chars().anyMatch(Character::isISOControl)
                        || attributes.size() == MAX_ATTRIBUTES) {
                    return badHeader(
                            field.getName(),
                            "is not a CloudEvents attribute: names are letters and digits, values"
                                    + " percent-encoded UTF-8 without control characters");
                }
                if (attributes.put(attribute, value.get()) != null) {
                    return badHeader(field.getName(), "is given twice: send it once");
                }
            }
        }
        Optional<Fault> missing = missing(0, attributes, HEADER_PREFIX);
        if (missing.isPresent()) {
            return new Decoded.Refused(Problem.noneGood(List.of(missing.get())));
        }
        Optional<Element> tooLarge = admission.tooLarge(0, call.body().length());
        if (tooLarge.isPresent()) {
            return new Decoded.Batch(List.of(tooLarge.get()));
        }
        byte[] event = json(attributes, call);
        List<Element> elements = new ArrayList<>();
        elements.add(admission.tooLarge(0, event.length).orElseGet(() -> wrap(call, open, 0, event, 0, event.length)));
        return JsonBatch.foreign(elements).orElseGet(() -> new Decoded.Batch(elements));
    }

    private static Decoded badHeader(String name, String why) {
        return new Decoded.Refused(Problem.of(
                HttpStatus.BAD_REQUEST_400, "bad-header", "the header " + Fault.printable(name, 100) + " " + why));
    }

    /** The event in JSON. Data that is a JSON object goes in as it stands, other data in base64. */
    private static byte[] json(Map<String, String> attributes, Call call) {
        Body body = call.body();
        MediaType type = MediaType.of(call.headers());
        boolean isJson = (type.value().isEmpty() || type.isJson())
                && StrictJson.fault(0, body.bytes(), 0, body.length()).isEmpty();
        ByteArrayOutputStream head = new ByteArrayOutputStream(512);
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(head)) {
            json.writeStartObject();
            for (Map.Entry<String, String> attribute : attributes.entrySet()) {
                // These belong to the body and to Content-Type; as ce- headers they aren't allowed.
                if (!BODY_ATTRIBUTES.contains(attribute.getKey())) {
                    json.writeStringField(attribute.getKey(), attribute.getValue());
                }
            }
            if (!type.value().isEmpty()) {
                json.writeStringField("datacontenttype", type.value());
            }
            if (body.length() > 0 && !isJson) {
                json.writeFieldName("data_base64");
                json.writeBinary(body.bytes(), 0, body.length());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes every byte", e);
        }
        byte[] event = head.toByteArray();
        if (!isJson) {
            return event;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(event.length + body.length() + 16);
        out.write(event, 0, event.length - 1);
        out.writeBytes(",\"data\":".getBytes(StandardCharsets.UTF_8));
        out.write(body.bytes(), 0, body.length());
        out.write('}');
        return out.toByteArray();
    }

    /** RFC 3986 percent-decoding as the HTTP binding asks for (its section 3.1.3.2); empty if it is broken. */
    static Optional<String> percentDecoded(String value) {
        if (value.indexOf('%') < 0) {
            return Optional.of(HeaderText.utf8(value));
        }
        byte[] bytes = HeaderText.utf8(value).getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != '%') {
                decoded.write(bytes[i]);
                continue;
            }
            int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
            int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                return Optional.empty();
            }
            decoded.write(high << 4 | low);
            i += 2;
        }
        return HeaderText.strictUtf8(decoded.toByteArray());
    }
}
