package io.costops.anomaly.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** A picture for where SVG isn't shown. Needs no display, but a Java that has fonts. */
final class PngCanvas implements Canvas {
    private static final int FONT_SIZE = 11;

    private final BufferedImage image;
    private final Graphics2D graphics;
    private final Font plain;
    private final Font bold;

    PngCanvas(int width, int height) {
        System.setProperty("java.awt.headless", "true");
        image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setColor(color(Colour.BACKGROUND));
        graphics.fillRect(0, 0, width, height);
        plain = new Font(Font.SANS_SERIF, Font.PLAIN, FONT_SIZE);
        bold = plain.deriveFont(Font.BOLD);
    }

    @Override
    public void line(double[] x, double[] y, int count, Colour colour, double width) {
        graphics.setColor(color(colour));
        graphics.setStroke(new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        graphics.draw(path(x, y, count));
    }

    @Override
    public void area(double[] x, double[] y, int count, Colour colour) {
        graphics.setColor(color(colour));
        graphics.fill(path(x, y, count));
    }

    private static Path2D path(double[] x, double[] y, int count) {
        Path2D path = new Path2D.Double();
        for (int i = 0; i < count; i++) {
            if (i == 0) {
                path.moveTo(x[i], y[i]);
            } else {
                path.lineTo(x[i], y[i]);
            }
        }
        return path;
    }

    @Override
    public void dot(double x, double y, double radius, Colour colour) {
        graphics.setColor(color(colour));
        graphics.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
    }

    @Override
    public void text(double x, double y, String text, Anchor anchor, Colour colour, boolean isBold) {
        graphics.setColor(color(colour));
        graphics.setFont(isBold ? bold : plain);
        double width = graphics.getFontMetrics().stringWidth(text);
        double left = switch (anchor) {
            case START -> x;
            case MIDDLE -> x - width / 2;
            case END -> x - width;
        };
        graphics.drawString(text, (float) left, (float) y);
    }

    @Override
    public byte[] finish() {
        graphics.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static Color color(Colour colour) {
        return new Color(colour.rgb);
    }
}
