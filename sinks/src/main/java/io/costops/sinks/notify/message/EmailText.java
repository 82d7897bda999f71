package io.costops.sinks.notify.message;

import io.costops.schemas.avro.Alert;
import io.costops.sinks.notify.config.Link;
import java.util.List;
import java.util.Optional;

/**
 * An alert as an e-mail of plain text.
 *
 * @param subject one line, without anything that could begin another header
 */
public record EmailText(String subject, String body) {
    private static final int MOST_SUBJECT = 200;

    public static EmailText of(Alert alert, Optional<Link> link) {
        Story story = new Story(alert);
        StringBuilder body = new StringBuilder();
        body.append(story.heading()).append("\n\n");
        for (Story.Fact fact : story.facts()) {
            body.append(fact.label()).append(": ").append(fact.value()).append('\n');
        }
        paragraph(body, "", story.explanation());
        String chart = story.chart();
        paragraph(body, "", chart == null ? "" : chart);
        list(body, "Root causes", story.rootCauses());
        list(body, "The change by its factors", story.costFactors());
        String query = story.query();
        paragraph(body, "Look further:\n", query == null ? "" : query);
        list(
                body,
                "What can be done",
                story.commands().stream()
                        .map(command -> command.label() + ": " + command.value())
                        .toList());
        link.ifPresent(found -> found.of(alert).ifPresent(address -> paragraph(body, found.text() + ": ", address)));
        body.append("\n-- \nCostOps, ").append(story.provenance()).append('\n');
        return new EmailText(
                PlainText.cut("[CostOps] " + story.heading() + " (" + story.tenant() + ")", MOST_SUBJECT),
                body.toString());
    }

    private static void paragraph(StringBuilder body, String heading, String text) {
        if (!text.isBlank()) {
            body.append('\n').append(heading).append(text).append('\n');
        }
    }

    private static void list(StringBuilder body, String heading, List<String> items) {
        if (!items.isEmpty()) {
            body.append('\n').append(heading).append(":\n");
            items.forEach(item -> body.append("- ").append(item).append('\n'));
        }
    }
}
