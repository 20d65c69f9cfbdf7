using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Posthorn.Web.Help;

/// <summary>What the running server, and who reads, put into the places of an article.</summary>
internal static partial class LiveValues
{
    /// <summary>In the place of the reader's address where nobody is signed in.</summary>
    public const string NobodysAddress = "you@example.org";

    /// <summary>The article with the values of this server and this reader in their places.</summary>
    /// <param name="settings">As the server listens now.</param>
    /// <param name="address">Of the person who is signed in; null: nobody is.</param>
    public static string Fill(HelpArticle article, MailAppSettings settings, string? address) => Place().Replace(article.Html, match => match.Groups[1].Value switch
    {
        "host" => Encoded(settings.HostName),
        "user" => Encoded(address ?? NobodysAddress),
        "domain" => Encoded((address ?? NobodysAddress)[((address ?? NobodysAddress).LastIndexOf('@') + 1)..]),
        "max-message" => FormattableString.Invariant($"{settings.MaxMessageBytes / 1_048_576} MB"),
        "imap.port" => Port(settings.Incoming, "IMAP"),
        "imap.security" => Security(settings.Incoming, "IMAP"),
        "imap.url" => Url(settings, settings.Incoming, "IMAP", ""),
        "smtp.port" => Port(settings.Outgoing, "SMTP"),
        "smtp.security" => Security(settings.Outgoing, "SMTP"),
        "smtp.url" => Url(settings, settings.Outgoing, "SMTP", UserOf(address ?? NobodysAddress)),
        "imap-table" => Table(settings.HostName, settings.Incoming, "IMAP"),
        "pop-table" => Table(settings.HostName, settings.Incoming, "POP3"),
        "smtp-table" => Table(settings.HostName, settings.Outgoing, "SMTP"),
        string unknown => throw new FormatException($"The article {article.Slug} asks for {{{{{unknown}}}}}, which nobody knows."),
    });

    private static MailAppService? First(IReadOnlyList<MailAppService> services, string name) => services.FirstOrDefault(service => service.Name == name);

    private static string Port(IReadOnlyList<MailAppService> services, string name) =>
        First(services, name)?.Port.ToString(CultureInfo.InvariantCulture) ?? Encoded(T["(not offered here)"]);

    private static string Security(IReadOnlyList<MailAppService> services, string name) =>
        First(services, name) is { } service ? service.IsImplicitTls ? "SSL/TLS" : "STARTTLS" : Encoded(T["(not offered here)"]);

    /// <summary>Who signs in, before the host: programs of the terminal take the last @ of an address as the end of it.</summary>
    private static string UserOf(string address) => Uri.EscapeDataString(address).Replace("%40", "@", StringComparison.Ordinal) + "@";

    /// <summary>As programs of the terminal write it: imaps://host:993/.</summary>
    /// <param name="user">Before the host, with its @; empty: it is asked for in another way.</param>
    private static string Url(MailAppSettings settings, IReadOnlyList<MailAppService> services, string name, string user) => First(services, name) is { } service
        ? Encoded($"{name.ToLowerInvariant()}{(service.IsImplicitTls ? "s" : "")}://{user}{settings.HostName}:{service.Port}/")
        : Encoded(T["(not offered here)"]);

    private static string Table(string host, IReadOnlyList<MailAppService> services, string name)
    {
        MailAppService[] offered = [.. services.Where(service => service.Name == name)];
        if (offered.Length == 0)
        {
            return $"<strong>{Encoded(T["This server does not offer it."])}</strong>";
        }

        (string server, string port, string security) = (Encoded(T["Server"]), Encoded(T["Port"]), Encoded(T["Security"]));
        var html = new StringBuilder(
            $"</p><table class=\"settings\"><thead><tr><th scope=\"col\">{server}</th><th scope=\"col\">{port}</th><th scope=\"col\">{security}</th></tr></thead><tbody>");
        foreach (MailAppService service in offered)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><td data-label=\"{server}\"><code>{Encoded(host)}</code></td><td data-label=\"{port}\"><code>{service.Port}</code></td><td data-label=\"{security}\">{Encoded(service.SecurityInWords)} <span class=\"use\">{Encoded(service.UseInWords)}</span></td></tr>");
        }

        return html.Append("</tbody></table><p>").ToString();
    }

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);

    [GeneratedRegex(@"\{\{([a-z.-]+)\}\}")]
    private static partial Regex Place();
}
