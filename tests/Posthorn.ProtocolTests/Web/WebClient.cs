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

    /// <summary>The same browser at another node: what cookies it has go along, as they do behind one name.</summary>
    public WebClient On(TestServer node)
    {
        var other = new WebClient(node);
        foreach (Cookie cookie in Cookies)
        {
            other._cookies.Add(node.WebAddress, new Cookie(cookie.Name, cookie.Value, cookie.Path) { Secure = true });
        }

        return other;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What the browser says that its person reads, such as de.</summary>
    public string Language
    {
        set => _http.DefaultRequestHeaders.Add("Accept-Language", value);
    }

    /// <summary>What it says of itself.</summary>
    public string Agent
    {
        set => _http.DefaultRequestHeaders.UserAgent.ParseAdd(value);
    }

    public IEnumerable<Cookie> Cookies => _cookies.GetAllCookies();

    /// <summary>Languages it asks for, as the field Accept-Language has them.</summary>
    public string Languages
    {
        set
        {
            _http.DefaultRequestHeaders.AcceptLanguage.Clear();
            _http.DefaultRequestHeaders.AcceptLanguage.ParseAdd(value);
        }
    }

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

    /// <summary>A form whose answer is a file.</summary>
    public async Task<(WebAnswer Answer, byte[] Octets)> PostForFileAsync(string path, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Append(("__RequestVerificationToken", _token)).Select(field => KeyValuePair.Create(field.Item1, field.Item2)));
        using HttpResponseMessage response = await _http.PostAsync(new Uri(path, UriKind.Relative), form, Cancel);
        return (await ReadAsync(response), await response.Content.ReadAsByteArrayAsync(Cancel));
    }

    public async Task<(WebAnswer Answer, byte[] Octets)> GetFileAsync(string path)
    {
        using HttpResponseMessage response = await _http.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        return (await ReadAsync(response), await response.Content.ReadAsByteArrayAsync(Cancel));
    }

    /// <summary>A form with files, as a browser sends it.</summary>
    public async Task<WebAnswer> PostFilesAsync(string path, IReadOnlyList<(string Name, string Value)> fields, IReadOnlyList<(string Name, string Type, byte[] Octets)> files, bool isScript = false)
    {
        using var form = new MultipartFormDataContent();
        foreach ((string name, string value) in fields.Append(("__RequestVerificationToken", _token)))
        {
            form.Add(new StringContent(value), name);
        }

        foreach ((string name, string type, byte[] octets) in files)
        {
            var part = new ByteArrayContent(octets);
            part.Headers.TryAddWithoutValidation("Content-Type", type);
            form.Add(part, "files", name);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = form };
        if (isScript)
        {
            request.Headers.Add("Accept", "application/json");
        }

        using HttpResponseMessage response = await _http.SendAsync(request, Cancel);
        return await ReadAsync(response);
    }

    /// <summary>A form as it stands; as long as it says, or in pieces of which nobody says how many come.</summary>
    public async Task<WebAnswer> PostAsItIsAsync(string path, string type, string body, bool isChunked = false)
    {
        using var content = new StringContent(body);
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = content };
        request.Headers.TransferEncodingChunked = isChunked;
        using HttpResponseMessage response = await _http.SendAsync(request, Cancel);
        return await ReadAsync(response);
    }

    public void SetCookie(string name, string value) => _cookies.Add(new Cookie(name, value, "/", "localhost") { Secure = true });

    /// <summary>Asks for this language from now on.</summary>
    public void Speak(string language) => _http.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);

    /// <summary>The answer to a form, still to be read; the caller disposes it.</summary>
    public async Task<HttpResponseMessage> PostStreamAsync(string path)
    {
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("__RequestVerificationToken", _token)]);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = form };
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    /// <summary>An answer that goes on; the caller disposes it.</summary>
    public Task<HttpResponseMessage> StreamAsync(string path) => _http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancel);

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
