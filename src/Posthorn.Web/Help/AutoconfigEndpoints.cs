using System.Text;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core.Accounts;
using Posthorn.Standards.Smtp;

namespace Posthorn.Web.Help;

/// <summary>Where mail apps look for settings, from the address alone.</summary>
internal static class AutoconfigEndpoints
{
    /// <summary>Octets of a question in XML.</summary>
    public const int MaxRequest = 16 * 1024;

    private const string XmlType = "text/xml; charset=utf-8";
    /// <summary>Hosts of a domain that apps ask: what follows is the domain.</summary>
    private static readonly string[] Hosts = ["autoconfig.", "autodiscover.", UserAgentConfiguration.HostPrefix];

    public static void Map(IEndpointRouteBuilder routes, Func<MailAppSettings> settings)
    {
        routes.MapGet(UserAgentConfiguration.Path, async (HttpContext http, Domains domains, CancellationToken cancel) =>
            await DomainAsync(null, http.Request.Host.Host, domains, cancel) is { } domain && UserAgentConfiguration.Document(domain, settings()) is { } document
                ? Results.Bytes(document, "application/json")
                : NoSuchDomain());
        foreach (string path in (string[])["/.well-known/autoconfig/mail/config-v1.1.xml", "/mail/config-v1.1.xml"])
        {
            routes.MapGet(path, async (string? emailaddress, HttpContext http, Domains domains, CancellationToken cancel) =>
                await DomainAsync(emailaddress, http.Request.Host.Host, domains, cancel) is { } domain
                    ? Xml(Autoconfig.ClientConfig(domain, settings()))
                    : NoSuchDomain());
        }

        // Routes do not look at case: Outlook asks for /Autodiscover/Autodiscover.xml.
        routes.MapPost("/autodiscover/autodiscover.xml", (HttpContext http, Domains domains, CancellationToken cancel) => DiscoverAsync(http, domains, settings(), cancel));
        routes.MapGet("/autodiscover/autodiscover.json", (string? email, string? protocol, HttpContext http) => DescribeAsync(protocol, http));
        routes.MapGet("/autodiscover/autodiscover.json/v1.0/{email}", (string? protocol, HttpContext http) => DescribeAsync(protocol, http));
    }

    /// <summary>The domain that is asked about, when its mail is here: of the address, else of the host, which may be <c>autoconfig.DOMAIN</c> and the like.</summary>
    private static async ValueTask<string?> DomainAsync(string? address, string host, Domains domains, CancellationToken cancel)
    {
        string? asked = string.IsNullOrEmpty(address)
            ? Array.Find(Hosts, prefix => host.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) is { } prefix ? host[prefix.Length..] : host
            : EmailAddress.TryParse(address, out EmailAddress? parsed) ? parsed.Domain : null;
        return asked is null ? null : (await domains.FindAsync(asked, cancel))?.Name;
    }

    private static IResult NoSuchDomain() => Results.Text("This server has no mail of that domain.", statusCode: StatusCodes.Status404NotFound);

    private static async Task<IResult> DiscoverAsync(HttpContext http, Domains domains, MailAppSettings settings, CancellationToken cancel)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaxRequest;
        }

        if (http.Request.ContentLength > MaxRequest)
        {
            return Results.Text("That is no question about settings.", statusCode: StatusCodes.Status413PayloadTooLarge);
        }

        if (http.Request.ContentType?.Contains("xml", StringComparison.OrdinalIgnoreCase) != true)
        {
            return Results.Text("This address takes XML.", statusCode: StatusCodes.Status415UnsupportedMediaType);
        }

        if (await QuestionAsync(http, cancel) is not { } question)
        {
            return Xml(Autoconfig.Error(600, "Invalid Request"), StatusCodes.Status400BadRequest);
        }

        (EmailAddress address, string? schema) = question;
        if (schema is not null && schema != Autoconfig.AcceptableSchema)
        {
            // A phone asks for ActiveSync so: another protocol, which is not spoken here.
            return Xml(Autoconfig.Error(601, "Provider is not available"));
        }

        return await domains.FindAsync(address.Domain, cancel) is null
            ? Xml(Autoconfig.Error(500, "The email address can't be found."))
            : Xml(Autoconfig.Autodiscover(address.Display, settings));
    }

    /// <summary>EMailAddress of the question, and the schema it wants (none: the usual one); null: it has no address, or is no such question.</summary>
    private static async ValueTask<(EmailAddress Address, string? Schema)?> QuestionAsync(HttpContext http, CancellationToken cancel)
    {
        // No DTD, no entity of it, nothing fetched.
        var safe = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxRequest, Async = true };
        try
        {
            using var reader = XmlReader.Create(http.Request.Body, safe);
            XDocument question = await XDocument.LoadAsync(reader, LoadOptions.None, cancel);
            string? Value(string name) =>
                question.Descendants().FirstOrDefault(element => element.Name.LocalName.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value.Trim();
            return EmailAddress.TryParse(Value("EMailAddress"), out EmailAddress? parsed) ? (parsed, Value("AcceptableResponseSchema")) : null;
        }
        catch (XmlException)
        {
            return null;
        }
        catch (BadHttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Autodiscover v2: says where the settings of the older protocol are.</summary>
    private static IResult DescribeAsync(string? protocol, HttpContext http) => "AutodiscoverV1".Equals(protocol, StringComparison.OrdinalIgnoreCase)
        ? Results.Json(new Dictionary<string, string> { ["Protocol"] = "AutodiscoverV1", ["Url"] = $"https://{http.Request.Host}/autodiscover/autodiscover.xml" })
        : Results.Json(
            new Dictionary<string, string>
            {
                ["ErrorCode"] = "InvalidProtocol",
                ["ErrorMessage"] = "This server describes AutodiscoverV1 only.",
            },
            statusCode: StatusCodes.Status400BadRequest);

    private static IResult Xml(XDocument document, int status = StatusCodes.Status200OK)
    {
        using var octets = new MemoryStream();
        using (var writer = XmlWriter.Create(octets, new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(false) }))
        {
            document.Save(writer);
        }

        return Results.Text(octets.ToArray(), XmlType, status);
    }
}
