package io.costops.sinks.notify.message;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.schemas.avro.Alert;
import io.costops.sinks.notify.config.Link;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * An alert as Block Kit.
 *
 * <p>Every part has a bound of its own, so that the whole stays below Slack's: 50 blocks, 150 characters of a header, 3,000 of
 * a section, 10 fields of 2,000, about 13,000 in all.
 */
public final class SlackMessage {
    static final int MOST_TEXT = 600;
    static final int MOST_HEADER = 150;
    static final int MOST_FIELD = 300;
    static final int MOST_FIELDS = 10;
    static final int MOST_EXPLANATION = 1_800;
    static final int MOST_CHART = 600;
    static final int MOST_LIST = 900;
    static final int MOST_QUERY = 2_000;
    static final int MOST_CONTEXT = 500;

    private static final ObjectMapper JSON = new ObjectMapper();

    private SlackMessage() {}

    /** The body of the request to the webhook. */
    public static String of(Alert alert, Optional<Link> link) {
        Story story = new Story(alert);
        ObjectNode message = JSON.createObjectNode();
        message.put("text", SlackText.markup(story.emoji() + " " + story.summary(), MOST_TEXT));
        ArrayNode blocks = message.putArray("blocks");
        // Plain text has no markup, so nothing in it can be a mention.
        blocks.addObject()
                .put("type", "header")
                .putObject("text")
                .put("type", "plain_text")
                .put("text", PlainText.cut(story.emoji() + " " + story.heading(), MOST_HEADER));
        fields(blocks, story);
        section(blocks, SlackText.markup(story.explanation(), MOST_EXPLANATION));
        codeBlock(blocks, "", story.chart(), MOST_CHART);
        list(blocks, "*Root causes*", story.rootCauses());
        list(blocks, "*The change by its factors*", story.costFactors());
        codeBlock(blocks, "*Look further*\n", story.query(), MOST_QUERY);
        list(blocks, story.commands());
        context(blocks, alert, story, link);
        message.put("unfurl_links", false);
        message.put("unfurl_media", false);
        return message.toString();
    }

    private static void fields(ArrayNode blocks, Story story) {
        ObjectNode section = blocks.addObject().put("type", "section");
        ArrayNode fields = section.putArray("fields");
        story.facts().stream()
                .limit(MOST_FIELDS)
                .forEach(fact -> markup(
                        fields.addObject(), "*" + fact.label() + ":* " + SlackText.markup(fact.value(), MOST_FIELD)));
    }

    private static void section(ArrayNode blocks, String escaped) {
        if (!escaped.isBlank()) {
            markup(blocks.addObject().put("type", "section").putObject("text"), escaped);
        }
    }

    private static void codeBlock(
            ArrayNode blocks, String heading, @org.jspecify.annotations.Nullable String text, int most) {
        if (text != null) {
            section(blocks, heading + "```\n" + SlackText.code(text, most) + "\n```");
        }
    }

    private static void list(ArrayNode blocks, String heading, List<String> items) {
        if (!items.isEmpty()) {
            String list = items.stream().map(item -> "• " + item).collect(Collectors.joining("\n"));
            section(blocks, heading + "\n" + SlackText.markup(list, MOST_LIST));
        }
    }

    /** Commands are of our own making: nothing in them needs escaping. */
    private static void list(ArrayNode blocks, List<Story.Fact> commands) {
        section(
                blocks,
                commands.stream()
                        .map(command -> "• " + command.label() + ": `" + command.value() + "`")
                        .collect(Collectors.joining("\n")));
    }

    private static void context(ArrayNode blocks, Alert alert, Story story, Optional<Link> link) {
        ArrayNode elements = blocks.addObject().put("type", "context").putArray("elements");
        markup(elements.addObject(), SlackText.markup(story.provenance(), MOST_CONTEXT));
        link.ifPresent(found -> found.of(alert).ifPresent(address -> {
            String escaped = address.replace("&", "&amp;")
                    .replace("<", "%3C")
                    .replace(">", "%3E")
                    .replace("|", "%7C");
            markup(elements.addObject(), "<" + escaped + "|" + SlackText.markup(found.text(), 100) + ">");
        }));
    }

    /** Verbatim: Slack makes no links and no mentions of what merely looks like them. */
    private static void markup(ObjectNode node, String escaped) {
        node.put("type", "mrkdwn").put("text", escaped).put("verbatim", true);
    }
}
