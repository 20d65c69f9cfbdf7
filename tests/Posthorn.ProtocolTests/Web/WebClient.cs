using System.Net;
using System.Text.RegularExpressions;

namespace Posthorn.ProtocolTests.Web;

/// <summary>A browser without a screen: keeps cookies, follows nothing by itself, sends a page's forms with the page's token.</summary>
internal sealed partial class WebClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly CookieContainer _cookies = new();
    private string _token = "";

    public WebClient(TestServer server) => _http = new HttpClient(new HttpClientHandler
    {
        ServerCertificateCustomValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test",
        CheckCertificateRevocationList = false,
        AllowAutoRedirect = false,
        CookieContainer = _cookies,
    })
    {
        BaseAddress = server.WebAddress,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public IEnumerable<Cookie> Cookies => _cookies.GetAllCookies();

    public static async Task<WebClient> SignedInAsync(TestServer server, string password = TestServer.Password)
    {
        var client = new WebClient(server);
        await client.GetAsync("/signin");
        WebAnswer answer = await client.SignInAsync(TestServer.You, password);
        Assert.Equal((HttpStatusCode.Redirect, "/mail"), (answer.Status, answer.Location));
        return client;
    }

    public Task<WebAnswer> SignInAsync(string address, string password, string to = "") =>
        PostAsync("/signin", ("address", address), ("password", password), ("to", to));

    public async Task<WebAnswer> GetAsync(string path)
    {
        using HttpResponseMessage response = await _http.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        return await ReadAsync(response);
    }

    /// <summary>As <see cref="GetAsync"/>, and on to where the answers send it.</summary>
    public async Task<WebAnswer> OpenAsync(string path)
    {
        WebAnswer answer = await GetAsync(path);
        return answer.Location is { } next ? await OpenAsync(next) : answer;
    }

    public Task<WebAnswer> PostAsync(string path, params (string Name, string Value)[] fields) => PostAsync(path, _token, fields);

    public async Task<WebAnswer> PostAsync(string path, string token, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Append(("__RequestVerificationToken", token)).Select(field => KeyValuePair.Create(field.Item1, field.Item2)));
        using HttpResponseMessage response = await _http.PostAsync(new Uri(path, UriKind.Relative), form, Cancel);
        return await ReadAsync(response);
    }

    public void Dispose() => _http.Dispose();

    private async Task<WebAnswer> ReadAsync(HttpResponseMessage response)
    {
        string text = await response.Content.ReadAsStringAsync(Cancel);
        _token = Token().Match(text) is { Success: true } match ? WebUtility.HtmlDecode(match.Groups[1].Value) : _token;
        return new WebAnswer(
            response.StatusCode, response.Headers.Location?.OriginalString, text,
            response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}

internal sealed record WebAnswer(HttpStatusCode Status, string? Location, string Text, IReadOnlyDictionary<string, string> Headers);
